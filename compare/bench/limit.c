/* The limit: the same training loops in C. XOR is vectorised over seeds, with weights in the order [i][j][seed]; more
   samples, with one seed, over the samples.
   Build: cc -O3 -march=native -ffast-math -fopenmp-simd limit.c -lm; run: limit SEEDS SAMPLES HIDDEN STEPS.
   Prints the seconds of all steps by the clock and of the processor, and the last loss. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N = 4, D = 2, HIDDEN = 3 };
static const double X[N][D] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, Y[N] = {0, 1, 1, 0}, LR = 0.1;

static double step(int seeds, double (*W1)[HIDDEN][seeds], double (*W2)[seeds]) {
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
            W2[j][s] -= LR * dW2[j];
            for (int i = 0; i < D; i++) W1[i][j][s] -= LR * dW1[i][j];
        }
    }
    return total / seeds;
}

static double wide_step(int samples, int hidden, double (*x)[samples], double *y, double (*A)[samples], double *R,
                        double (*W1)[hidden], double *W2) {
    double L = 0;
    for (int n = 0; n < samples; n++) R[n] = -y[n];
    for (int j = 0; j < hidden; j++)
#pragma omp simd
        for (int n = 0; n < samples; n++) {
            A[j][n] = 1 / (1 + exp(-(x[0][n] * W1[0][j] + x[1][n] * W1[1][j])));
            R[n] += A[j][n] * W2[j];
        }
    for (int n = 0; n < samples; n++) {
        L += R[n] * R[n] / (2 * samples);
        R[n] /= samples;
    }
    for (int j = 0; j < hidden; j++) {
        double dW2 = 0, dW10 = 0, dW11 = 0;
#pragma omp simd reduction(+ : dW2, dW10, dW11)
        for (int n = 0; n < samples; n++) {
            double dH = R[n] * W2[j] * A[j][n] * (1 - A[j][n]);
            dW2 += A[j][n] * R[n];
            dW10 += x[0][n] * dH;
            dW11 += x[1][n] * dH;
        }
        W2[j] -= LR * dW2;
        W1[0][j] -= LR * dW10;
        W1[1][j] -= LR * dW11;
    }
    return L;
}

static double *some(size_t length) {
    double *values = malloc(length * sizeof(double));
    for (size_t n = 0; n < length; n++) values[n] = sin(7 * n + 1);
    return values;
}

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int seeds = atoi(argv[1]), samples = atoi(argv[2]), hidden = atoi(argv[3]), steps = atoi(argv[4]);
    int narrow = samples == N && hidden == HIDDEN;
    if (!narrow && seeds != 1) return 2;
    void *W1 = some((size_t)D * hidden * seeds), *W2 = some((size_t)hidden * seeds);
    void *x = some((size_t)D * samples), *A = some((size_t)hidden * samples);
    double *y = some(samples), *R = some(samples), L = 0;
    double start = seconds(CLOCK_MONOTONIC), used = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int t = 0; t < steps; t++)
        L = narrow ? step(seeds, W1, W2) : wide_step(samples, hidden, x, y, A, R, W1, W2);
    printf("%.9f %.9f %.17g\n", seconds(CLOCK_MONOTONIC) - start, seconds(CLOCK_PROCESS_CPUTIME_ID) - used, L);
    return 0;
}
