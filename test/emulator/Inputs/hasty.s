// A kernel that uses a load before it was waited for, reads a matrix result in its window, and stores
// what one wave may not have written to LDS yet.
	.text
	.globl	hasty
	.p2align	8
	.type	hasty,@function
hasty:
	s_load_dwordx2 s[2:3], s[0:1], 0x0
	v_lshlrev_b32_e32 v1, 2, v0
	v_xor_b32_e32 v2, 0x100, v1
	s_waitcnt lgkmcnt(0)
	global_load_dword v3, v1, s[2:3]
	v_mov_b32_e32 v8, 0
	v_mov_b32_e32 v9, 0
	v_mov_b32_e32 v10, 0
	v_mov_b32_e32 v11, 0
	s_nop 4
	v_mfma_f32_16x16x32_bf16 v[12:15], v[8:11], v[8:11], 0
	v_add_u32_e32 v3, 1, v3
	v_add_u32_e32 v3, v3, v12
	ds_write_b32 v1, v3
	s_waitcnt lgkmcnt(0)
	ds_read_b32 v3, v2
	s_waitcnt lgkmcnt(0)
	global_store_dword v1, v3, s[2:3]
	s_endpgm
.Lend:
	.size	hasty, .Lend-hasty
	.section	.rodata,"a"
	.p2align	6
	.amdhsa_kernel hasty
		.amdhsa_group_segment_fixed_size 512
		.amdhsa_user_sgpr_kernarg_segment_ptr 1
		.amdhsa_next_free_vgpr 16
		.amdhsa_next_free_sgpr 8
		.amdhsa_accum_offset 16
	.end_amdhsa_kernel
	.amdgpu_metadata
---
amdhsa.version: [1, 2]
amdhsa.kernels:
  - .name: hasty
    .symbol: hasty.kd
    .kernarg_segment_size: 8
    .kernarg_segment_align: 8
    .group_segment_fixed_size: 512
    .private_segment_fixed_size: 0
    .wavefront_size: 64
    .sgpr_count: 8
    .vgpr_count: 16
    .max_flat_workgroup_size: 128
    .args:
      - {.name: x, .offset: 0, .size: 8, .value_kind: global_buffer, .address_space: global}
...
	.end_amdgpu_metadata
