/* The limit: the same training loop in C, vectorised over seeds, weights in the last axis' order [i][j][seed].
   Build: cc -O3 -march=native -ffast-math -fopenmp-simd bench.c -lm; run: bench SEEDS STEPS. Prints ns per seed-step. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N = 4, D = 2, HIDDEN = 3 };
static const double X[N][D] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, Y[N] = {0, 1, 1, 0};

static double step(int seeds, double (*W1)[HIDDEN][seeds], double (*W2)[seeds], double lr) {
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (int s = 0; s < seeds; s++) {
        double dW1[D][HIDDEN] = {{0}}, dW2[HIDDEN] = {0};
#pragma GCC unroll 4 /* without it exp stays scalar, and the loop four times slower */
        for (int n = 0; n < N; n++) {
            double A[HIDDEN], R = -Y[n];
            for (int j = 0; j < HIDDEN; j++) {
                A[j] = 1 / (1 + exp(-(X[n][0] * W1[0][j][s] + X[n][1] * W1[1][j][s])));
                R += A[j] * W2[j][s];
            }
            total += R * R / (2 * N);
            for (int j = 0; j < HIDDEN; j++) {
                double dH = R / N * W2[j][s] * A[j] * (1 - A[j]);
                dW2[j] += A[j] * R / N;
                for (int i = 0; i < D; i++) dW1[i][j] += X[n][i] * dH;
            }
        }
        for (int j = 0; j < HIDDEN; j++) {
            W2[j][s] -= lr * dW2[j];
            for (int i = 0; i < D; i++) W1[i][j][s] -= lr * dW1[i][j];
        }
    }
    return total;
}

int main(int argc, char **argv) {
    int seeds = argc > 1 ? atoi(argv[1]) : 1000, steps = argc > 2 ? atoi(argv[2]) : 10000;
    double (*W1)[HIDDEN][seeds] = malloc(sizeof(double[D][HIDDEN][seeds]));
    double (*W2)[seeds] = malloc(sizeof(double[HIDDEN][seeds]));
    for (int s = 0; s < seeds; s++)
        for (int j = 0; j < HIDDEN; j++) {
            W2[j][s] = cos(3 * s + j);
            for (int i = 0; i < D; i++) W1[i][j][s] = sin(7 * s + 2 * j + i);
        }
    struct timespec start, end;
    double L = 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int t = 0; t < steps; t++) L = step(seeds, W1, W2, 0.1);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double ns = 1e9 * (end.tv_sec - start.tv_sec) + (end.tv_nsec - start.tv_nsec);
    printf("%.17g %.17g\n", ns / seeds / steps, L / seeds);
    return 0;
}
