/* Matrix kernels through clang's builtins: the compiler places waits, hazards and registers. */
#include "device.h"

typedef int v8i __attribute__((ext_vector_type(8)));
typedef int v4i __attribute__((ext_vector_type(4)));
typedef float v4f __attribute__((ext_vector_type(4)));
typedef __bf16 v8bf __attribute__((ext_vector_type(8)));

/* C = A·Bᵀ, A [16, k] and B [n, k] in MXFP4: codes k/2 bytes a row, scales k/32 bytes a row. One
 * wave for 16 columns. */
KERNEL void gemm_mxfp4(GLOBAL const unsigned char *a, GLOBAL const unsigned char *as,
                       GLOBAL const unsigned char *b, GLOBAL const unsigned char *bs,
                       GLOBAL float *c, int n, int k) {
  int lane = LOCAL_ID, row = lane % 16, group = lane / 16, column = GROUP_X * 16 + row;
  v4f sum = {0, 0, 0, 0};
  for (int k0 = 0; k0 < k; k0 += 128) {
    v4i x = *(GLOBAL const v4i *)(a + row * (k / 2) + k0 / 2 + group * 16);
    v4i y = *(GLOBAL const v4i *)(b + column * (k / 2) + k0 / 2 + group * 16);
    v8i wideX = {x[0], x[1], x[2], x[3], 0, 0, 0, 0}, wideY = {y[0], y[1], y[2], y[3], 0, 0, 0, 0};
    int sx = as[row * (k / 32) + k0 / 32 + group], sy = bs[column * (k / 32) + k0 / 32 + group];
    sum = __builtin_amdgcn_mfma_scale_f32_16x16x128_f8f6f4(wideX, wideY, sum, 4, 4, 0, sx, 0, sy);
  }
  for (int i = 0; i < 4; ++i)
    c[(group * 4 + i) * n + column] = sum[i];
}

SHARED unsigned short stage[16 * 64];

/* C = A·Bᵀ in bf16; A comes through LDS, and each result is used at once by vector code. */
KERNEL void gemm_bf16(GLOBAL const unsigned short *a, GLOBAL const unsigned short *b,
                      GLOBAL float *c, int n, int k) {
  int lane = LOCAL_ID, row = lane % 16, group = lane / 16, column = GROUP_X * 16 + row;
  v4f total = {0, 0, 0, 0};
  for (int k0 = 0; k0 < k; k0 += 64) {
    for (int i = 0; i < 16; ++i)
      stage[i * 64 + lane] = a[i * k + k0 + lane];
    BARRIER();
    v4f sum = {0, 0, 0, 0};
    for (int h = 0; h < 64; h += 32) {
      v8bf x = *(__attribute__((address_space(3))) v8bf *)(stage + row * 64 + h + group * 8);
      v8bf y = *(GLOBAL const v8bf *)(b + column * k + k0 + h + group * 8);
      sum = __builtin_amdgcn_mfma_f32_16x16x32_bf16(x, y, sum, 0, 0, 0);
    }
    total += sum * 0.5f;
    BARRIER();
  }
  for (int i = 0; i < 4; ++i)
    c[(group * 4 + i) * n + column] = total[i];
}

/* Quantises 64 floats a wave to fp4 pairs through the scaled conversion, eight a lane. */
KERNEL void quantize_fp4(GLOBAL const float *x, GLOBAL unsigned *out, float scale) {
  int t = GROUP_X * 64 + LOCAL_ID;
  GLOBAL const float *p = x + t * 8;
  unsigned word = 0;
  word = __builtin_amdgcn_cvt_scalef32_pk_fp4_f32(word, p[0], p[1], scale, 0);
  word = __builtin_amdgcn_cvt_scalef32_pk_fp4_f32(word, p[2], p[3], scale, 1);
  word = __builtin_amdgcn_cvt_scalef32_pk_fp4_f32(word, p[4], p[5], scale, 2);
  word = __builtin_amdgcn_cvt_scalef32_pk_fp4_f32(word, p[6], p[7], scale, 3);
  out[t] = word;
}
