// Multiplies n floats by a factor.
__attribute__((amdgpu_kernel, visibility("protected"))) void
scale(__attribute__((address_space(1))) float *x, float factor, int n) {
  int i = __builtin_amdgcn_workgroup_id_x() * 64 + __builtin_amdgcn_workitem_id_x();
  if (i < n)
    x[i] *= factor;
}

#ifdef TWICE
__attribute__((amdgpu_kernel, visibility("protected"))) void
scale_again(__attribute__((address_space(1))) float *x) {
  x[__builtin_amdgcn_workitem_id_x()] *= 2;
}
#endif
