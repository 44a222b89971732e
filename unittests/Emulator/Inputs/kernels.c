/* Kernels that the tests compare with the host, built at every optimisation level. */
#include "device.h"

SHARED float tileA[16][17], tileB[16][17];

KERNEL void gemm(GLOBAL const float *a, GLOBAL const float *b, GLOBAL float *c, int m, int n,
                 int k) {
  int tx = LOCAL_ID % 16, ty = LOCAL_ID / 16;
  int row = GROUP_Y * 16 + ty, col = GROUP_X * 16 + tx;
  float sum = 0;
  for (int k0 = 0; k0 < k; k0 += 16) {
    tileA[ty][tx] = row < m && k0 + tx < k ? a[row * k + k0 + tx] : 0;
    tileB[ty][tx] = col < n && k0 + ty < k ? b[(k0 + ty) * n + col] : 0;
    BARRIER();
    for (int i = 0; i < 16; ++i)
      sum += tileA[ty][i] * tileB[i][tx];
    BARRIER();
  }
  if (row < m && col < n)
    c[row * n + col] = sum;
}

SHARED float part[256];

static float sumOfParts(int count) {
  BARRIER();
  for (int w = count / 2; w > 0; w >>= 1) {
    if (LOCAL_ID < w)
      part[LOCAL_ID] += part[LOCAL_ID + w];
    BARRIER();
  }
  return part[0];
}

KERNEL void reduce(GLOBAL const float *x, GLOBAL float *out, int n) {
  float s = 0;
  for (int i = LOCAL_ID; i < n; i += 256)
    s += x[i];
  part[LOCAL_ID] = s;
  s = sumOfParts(256);
  if (LOCAL_ID == 0)
    out[0] = s;
}

KERNEL void softmax(GLOBAL const float *x, GLOBAL float *y, int n) {
  GLOBAL const float *row = x + GROUP_X * n;
  float m = -3.0e38f;
  for (int i = LOCAL_ID; i < n; i += 128)
    m = row[i] > m ? row[i] : m;
  part[LOCAL_ID] = m;
  BARRIER();
  for (int w = 64; w > 0; w >>= 1) {
    if (LOCAL_ID < w)
      part[LOCAL_ID] = part[LOCAL_ID] > part[LOCAL_ID + w] ? part[LOCAL_ID] : part[LOCAL_ID + w];
    BARRIER();
  }
  m = part[0];
  BARRIER();
  float s = 0;
  for (int i = LOCAL_ID; i < n; i += 128)
    s += __builtin_amdgcn_exp2f((row[i] - m) * 1.44269504f);
  part[LOCAL_ID] = s;
  s = sumOfParts(128);
  for (int i = LOCAL_ID; i < n; i += 128)
    y[GROUP_X * n + i] = __builtin_amdgcn_exp2f((row[i] - m) * 1.44269504f) / s;
}

SHARED int items[256];

KERNEL void sort(GLOBAL int *x) {
  items[LOCAL_ID] = x[GROUP_X * 256 + LOCAL_ID];
  BARRIER();
  for (int k = 2; k <= 256; k <<= 1)
    for (int j = k >> 1; j > 0; j >>= 1) {
      int other = LOCAL_ID ^ j;
      if (other > (int)LOCAL_ID) {
        int a = items[LOCAL_ID], b = items[other], up = (LOCAL_ID & k) == 0;
        if ((a > b) == up) {
          items[LOCAL_ID] = b;
          items[other] = a;
        }
      }
      BARRIER();
    }
  x[GROUP_X * 256 + LOCAL_ID] = items[LOCAL_ID];
}

SHARED int scanned[2][256];

KERNEL void scan(GLOBAL const int *x, GLOBAL int *y) {
  int p = 0, id = LOCAL_ID;
  scanned[0][id] = x[GROUP_X * 256 + id];
  BARRIER();
  for (int d = 1; d < 256; d <<= 1) {
    scanned[1 - p][id] = scanned[p][id] + (id >= d ? scanned[p][id - d] : 0);
    p = 1 - p;
    BARRIER();
  }
  y[GROUP_X * 256 + id] = scanned[p][id];
}

SHARED int bins[64];

KERNEL void histogram(GLOBAL const int *x, GLOBAL int *out, int n) {
  if (LOCAL_ID < 64)
    bins[LOCAL_ID] = 0;
  BARRIER();
  for (int i = GROUP_X * 256 + LOCAL_ID; i < n; i += 256 * 4)
    __scoped_atomic_fetch_add(&bins[x[i] & 63], 1, __ATOMIC_RELAXED, __MEMORY_SCOPE_WRKGRP);
  BARRIER();
  if (LOCAL_ID < 64)
    __scoped_atomic_fetch_add(&out[LOCAL_ID], bins[LOCAL_ID], __ATOMIC_RELAXED,
                              __MEMORY_SCOPE_DEVICE);
}

KERNEL void atomics(GLOBAL int *cells, GLOBAL float *sum, GLOBAL long *wide) {
  int t = GROUP_X * 64 + LOCAL_ID;
  __scoped_atomic_fetch_add(&cells[0], t, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  __scoped_atomic_fetch_sub(&cells[1], t, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  __scoped_atomic_fetch_or(&cells[2], 1 << (t & 31), __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  __scoped_atomic_fetch_xor(&cells[3], t * 7, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  __scoped_atomic_fetch_max(&cells[4], t * 5, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  __scoped_atomic_fetch_min(&cells[5], -t, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  __scoped_atomic_fetch_add(sum, 0.5f, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  __scoped_atomic_fetch_add(wide, (long)t << 20, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  int expected = cells[6];
  while (!__scoped_atomic_compare_exchange_n(&cells[6], &expected, expected * 3 + 1, 0,
                                             __ATOMIC_RELAXED, __ATOMIC_RELAXED,
                                             __MEMORY_SCOPE_DEVICE))
    ;
}

static __attribute__((noinline)) int helper(int x, int *p) {
  int buffer[4];
  for (int i = 0; i < 4; ++i)
    buffer[i] = x * i;
  p[0] += buffer[x & 3];
  return p[0] ^ buffer[1];
}

/* A stack, and calls through it. */
KERNEL void calls(GLOBAL int *x) {
  int local[8], t = GROUP_X * 64 + LOCAL_ID, s = 0;
  for (int i = 0; i < 8; ++i)
    local[i] = t + i;
  for (int i = 0; i < 5; ++i)
    s += helper(t + i, &local[(t + i) & 7]);
  x[t] = s;
}

KERNEL void divide(GLOBAL const float *a, GLOBAL const float *b, GLOBAL float *c,
                   GLOBAL const double *d, GLOBAL const double *e, GLOBAL double *f) {
  int t = GROUP_X * 64 + LOCAL_ID;
  c[t] = a[t] / b[t];
  f[t] = d[t] / e[t];
}
