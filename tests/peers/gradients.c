/* gradients in C, for fourfold check --command: the messages are those of compare/protocol.py.
   cc -O2 -o gradients gradients.c -lm */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef OVER /* what the residuals are divided by */
#define OVER N
#endif

/* What follows "name": in the question. */
static const char *field(const char *question, const char *name) {
    char key[32];
    snprintf(key, sizeof key, "\"%s\": ", name);
    const char *found = strstr(question, key);
    if (!found) exit(2);
    return found + strlen(key);
}

static int size(const char *question, const char *name) { return atoi(field(question, name)); }

/* A matrix, row by row; strtod reads decimals, hexadecimal floats, nan and inf. */
static double *matrix(const char *question, const char *name, int n) {
    const char *at = field(question, name);
    double *values = malloc(n * sizeof *values);
    for (int i = 0; i < n; i++) {
        char *end;
        at += strspn(at, "[], \"");
        values[i] = strtod(at, &end);
        at = end;
    }
    return values;
}

static void number(double x) { isfinite(x) ? printf("\"%a\"", x) : printf("\"%g\"", x); }

static void print(const char *name, const double *values, int rows, int columns) {
    printf(", \"%s\": [", name);
    for (int i = 0; i < rows; i++) {
        printf(i ? ", [" : "[");
        for (int j = 0; j < columns; j++) {
            if (j) printf(", ");
            number(values[i * columns + j]);
        }
        printf("]");
    }
    printf("]");
}

static void gradients(const char *question) {
    int N = size(question, "N"), I = size(question, "d_in"), H = size(question, "d_hidden"), O = size(question, "d_out");
    double *X = matrix(question, "X", N * I), *Y = matrix(question, "Y", N * O);
    double *W1 = matrix(question, "W1", I * H), *W2 = matrix(question, "W2", H * O);
    double *g1 = calloc(I * H, sizeof *g1), *g2 = calloc(H * O, sizeof *g2), A[H], R[O], L = 0;
    for (int n = 0; n < N; n++) {
        for (int h = 0; h < H; h++) {
            double sum = 0;
            for (int i = 0; i < I; i++) sum += X[n * I + i] * W1[i * H + h];
            A[h] = 1 / (1 + exp(-sum));
        }
        for (int o = 0; o < O; o++) {
            R[o] = -Y[n * O + o];
            double y_hat = 0;
            for (int h = 0; h < H; h++) y_hat += A[h] * W2[h * O + o];
            R[o] += y_hat;
            L += R[o] * R[o];
        }
        for (int h = 0; h < H; h++) {
            double dA = 0;
            for (int o = 0; o < O; o++) {
                dA += R[o] / (OVER) * W2[h * O + o];
                g2[h * O + o] += A[h] * (R[o] / (OVER));
            }
            for (int i = 0; i < I; i++) g1[i * H + h] += X[n * I + i] * (dA * A[h] * (1 - A[h]));
        }
    }
    printf("{\"L\": ");
    number(L / (2 * N));
    print("dL_dW1", g1, I, H);
    print("dL_dW2", g2, H, O);
    printf("}\n");
    free(X), free(Y), free(W1), free(W2), free(g1), free(g2);
}

int main(void) {
    char *question = NULL;
    size_t room = 0;
    while (getline(&question, &room, stdin) > 0) {
        if (strstr(question, "\"hello\"")) printf("{\"functions\": [\"gradients\"]}\n");
        else gradients(question);
        fflush(stdout);
    }
    free(question);
    return 0;
}
