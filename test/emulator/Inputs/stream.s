// A workgroup copies 4 KiB of its own in four trips of 16 bytes a work item; all read one table of 1 KiB in each.
.amdgcn_target "amdgcn-amd-amdhsa--gfx950"
.text
.globl stream
.p2align 8
.type stream,@function
stream:
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  s_load_dwordx2 s[10:11], s[0:1], 0x10
  v_lshlrev_b32 v1, 4, v0
  s_lshl_b32 s8, s2, 12
  v_add_u32 v2, s8, v1
  s_mov_b32 s9, 4
  s_waitcnt lgkmcnt(0)
.Lnext:
  global_load_dwordx4 v[4:7], v2, s[4:5]
  global_load_dwordx4 v[8:11], v1, s[10:11]
  s_waitcnt vmcnt(0)
  v_add_u32 v4, v4, v8
  global_store_dwordx4 v2, v[4:7], s[6:7]
  v_add_u32 v2, 0x400, v2
  s_sub_u32 s9, s9, 1
  s_cmp_lg_u32 s9, 0
  s_cbranch_scc1 .Lnext
  s_endpgm
.Lend:
.size stream, .Lend-stream
.section .rodata,"a"
.p2align 6
.amdhsa_kernel stream
  .amdhsa_next_free_vgpr 12
  .amdhsa_accum_offset 12
  .amdhsa_next_free_sgpr 16
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_kernarg_size 24
.end_amdhsa_kernel
.amdgpu_metadata
---
amdhsa.version: [1, 2]
amdhsa.kernels:
  - .name: stream
    .symbol: stream.kd
    .kernarg_segment_size: 24
    .kernarg_segment_align: 8
    .group_segment_fixed_size: 0
    .private_segment_fixed_size: 0
    .wavefront_size: 64
    .sgpr_count: 16
    .vgpr_count: 12
    .max_flat_workgroup_size: 64
    .args:
      - {.offset: 0, .size: 8, .value_kind: global_buffer, .address_space: global}
      - {.offset: 8, .size: 8, .value_kind: global_buffer, .address_space: global}
      - {.offset: 16, .size: 8, .value_kind: global_buffer, .address_space: global}
...
.end_amdgpu_metadata
