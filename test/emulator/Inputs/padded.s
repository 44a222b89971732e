// Arguments as hand-written kernels have them, in slots with padding, and no size in the descriptor:
// X[i] = X[i] * scale + shift.
	.text
	.globl	padded
	.p2align	8
	.type	padded,@function
padded:
	s_load_dwordx2 s[2:3], s[0:1], 0x0
	s_load_dwordx2 s[4:5], s[0:1], 0x10
	v_lshlrev_b32_e32 v1, 2, v0
	s_waitcnt lgkmcnt(0)
	global_load_dword v2, v1, s[2:3]
	v_mov_b32_e32 v3, s4
	s_waitcnt vmcnt(0)
	v_mul_lo_u32 v2, v2, v3
	v_add_u32_e32 v2, s5, v2
	global_store_dword v1, v2, s[2:3]
	s_endpgm
.Lend:
	.size	padded, .Lend-padded
	.section	.rodata,"a"
	.p2align	6
	.amdhsa_kernel padded
		.amdhsa_user_sgpr_kernarg_segment_ptr 1
		.amdhsa_next_free_vgpr 8
		.amdhsa_next_free_sgpr 8
		.amdhsa_accum_offset 8
	.end_amdhsa_kernel
	.amdgpu_metadata
---
amdhsa.version: [1, 2]
amdhsa.kernels:
  - .name: padded
    .symbol: padded.kd
    .kernarg_segment_size: 24
    .kernarg_segment_align: 8
    .group_segment_fixed_size: 0
    .private_segment_fixed_size: 0
    .wavefront_size: 64
    .sgpr_count: 8
    .vgpr_count: 8
    .max_flat_workgroup_size: 64
    .args:
      - {.name: X, .offset: 0, .size: 8, .value_kind: global_buffer, .address_space: global}
      - {.name: pad, .offset: 8, .size: 8, .value_kind: by_value}
      - {.name: scale, .offset: 16, .size: 4, .value_kind: by_value}
      - {.name: shift, .offset: 20, .size: 4, .value_kind: by_value}
...
	.end_amdgpu_metadata
