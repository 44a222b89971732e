// Loops of 1000 rounds for bench-emulator.
  .text
  .globl valu
  .p2align 8
  .type valu,@function
valu:
  v_mov_b32 v2, 0x3f800000
  v_mov_b32 v3, 0x3f800000
  v_mov_b32 v4, 0x3f800000
  v_mov_b32 v5, 0x3f800000
  v_mov_b32 v6, 0x3f800000
  v_mov_b32 v7, 0x3f800000
  v_mov_b32 v8, 0x3f800000
  v_mov_b32 v9, 0x3f800000
  v_mov_b32 v10, 0x3f800000
  v_mov_b32 v11, 0x3f800000
  v_mov_b32 v12, 0x3f800000
  v_mov_b32 v13, 0x3f800000
  v_mov_b32 v14, 0x3f800000
  v_mov_b32 v15, 0x3f800000
  v_mov_b32 v16, 0x3f800000
  v_mov_b32 v17, 0x3f800000
  v_mov_b32 v18, 0x3f800000
  v_mov_b32 v19, 0x3f800000
  v_mov_b32 v20, 0x3f800000
  v_mov_b32 v21, 0x3f800000
  v_mov_b32 v22, 0x3f800000
  v_mov_b32 v23, 0x3f800000
  v_mov_b32 v24, 0x3f800000
  v_mov_b32 v25, 0x3f800000
  v_mov_b32 v26, 0x3f800000
  v_mov_b32 v27, 0x3f800000
  v_mov_b32 v28, 0x3f800000
  v_mov_b32 v29, 0x3f800000
  v_mov_b32 v30, 0x3f800000
  v_mov_b32 v31, 0x3f800000
  v_mov_b32 v32, 0x3f800000
  v_mov_b32 v33, 0x3f800000
  v_mov_b32 v34, 0x3f800000
  v_mov_b32 v35, 0x3f800000
  v_mov_b32 v36, 0x3f800000
  v_mov_b32 v37, 0x3f800000
  v_mov_b32 v38, 0x3f800000
  v_mov_b32 v39, 0x3f800000
  v_mov_b32 v40, 0x3f800000
  v_mov_b32 v41, 0x3f800000
  v_mov_b32 v42, 0x3f800000
  v_mov_b32 v43, 0x3f800000
  v_mov_b32 v44, 0x3f800000
  v_mov_b32 v45, 0x3f800000
  v_mov_b32 v46, 0x3f800000
  v_mov_b32 v47, 0x3f800000
  v_mov_b32 v48, 0x3f800000
  v_mov_b32 v49, 0x3f800000
  v_mov_b32 v50, 0x3f800000
  v_mov_b32 v51, 0x3f800000
  v_mov_b32 v52, 0x3f800000
  v_mov_b32 v53, 0x3f800000
  v_mov_b32 v54, 0x3f800000
  v_mov_b32 v55, 0x3f800000
  v_mov_b32 v56, 0x3f800000
  v_mov_b32 v57, 0x3f800000
  v_mov_b32 v58, 0x3f800000
  v_mov_b32 v59, 0x3f800000
  v_mov_b32 v60, 0x3f800000
  v_mov_b32 v61, 0x3f800000
  v_mov_b32 v62, 0x3f800000
  v_mov_b32 v63, 0x3f800000
  v_mov_b32 v64, 0x3f800000
  v_mov_b32 v65, 0x3f800000
  v_mov_b32 v66, 0x3f800000
  v_mov_b32 v67, 0x3f800000
  v_mov_b32 v68, 0x3f800000
  v_mov_b32 v69, 0x3f800000
  v_mov_b32 v70, 0x3f800000
  v_mov_b32 v71, 0x3f800000
  v_mov_b32 v72, 0x3f800000
  v_mov_b32 v73, 0x3f800000
  v_mov_b32 v74, 0x3f800000
  v_mov_b32 v75, 0x3f800000
  v_mov_b32 v76, 0x3f800000
  v_mov_b32 v77, 0x3f800000
  v_mov_b32 v78, 0x3f800000
  v_mov_b32 v79, 0x3f800000
  v_mov_b32 v80, 0x3f800000
  v_mov_b32 v81, 0x3f800000
  v_mov_b32 v82, 0x3f800000
  v_mov_b32 v83, 0x3f800000
  v_mov_b32 v84, 0x3f800000
  v_mov_b32 v85, 0x3f800000
  v_mov_b32 v86, 0x3f800000
  v_mov_b32 v87, 0x3f800000
  v_mov_b32 v88, 0x3f800000
  v_mov_b32 v89, 0x3f800000
  v_mov_b32 v90, 0x3f800000
  v_mov_b32 v91, 0x3f800000
  v_mov_b32 v92, 0x3f800000
  v_mov_b32 v93, 0x3f800000
  v_mov_b32 v94, 0x3f800000
  v_mov_b32 v95, 0x3f800000
  v_mov_b32 v96, 0x3f800000
  v_mov_b32 v97, 0x3f800000
  v_mov_b32 v98, 0x3f800000
  v_mov_b32 v99, 0x3f800000
  v_mov_b32 v100, 0x3f800000
  v_mov_b32 v101, 0x3f800000
  v_mov_b32 v102, 0x3f800000
  v_mov_b32 v103, 0x3f800000
  v_mov_b32 v104, 0x3f800000
  v_mov_b32 v105, 0x3f800000
  v_mov_b32 v106, 0x3f800000
  v_mov_b32 v107, 0x3f800000
  v_mov_b32 v108, 0x3f800000
  v_mov_b32 v109, 0x3f800000
  v_mov_b32 v110, 0x3f800000
  v_mov_b32 v111, 0x3f800000
  v_mov_b32 v112, 0x3f800000
  v_mov_b32 v113, 0x3f800000
  v_mov_b32 v114, 0x3f800000
  v_mov_b32 v115, 0x3f800000
  v_mov_b32 v116, 0x3f800000
  v_mov_b32 v117, 0x3f800000
  v_mov_b32 v118, 0x3f800000
  v_mov_b32 v119, 0x3f800000
  v_mov_b32 v120, 0x3f800000
  v_mov_b32 v121, 0x3f800000
  v_mov_b32 v122, 0x3f800000
  v_mov_b32 v123, 0x3f800000
  v_mov_b32 v124, 0x3f800000
  v_mov_b32 v125, 0x3f800000
  v_mov_b32 v126, 0x3f800000
  v_mov_b32 v127, 0x3f800000
  s_mov_b64 vcc, -1
  v_lshlrev_b32 v1, 4, v0
  s_movk_i32 s8, 1000
.Lloop_valu:
  v_add_f32 v2, v3, v4
  v_mul_f32 v5, v2, v3
  v_fma_f32 v6, v2, v5, v4
  v_add_u32 v7, v8, v9
  v_and_b32 v8, 0xff, v7
  v_lshlrev_b32 v9, 3, v8
  v_max_f32 v10, v6, v2
  v_cndmask_b32 v11, v7, v8, vcc
  v_cmp_lt_f32 vcc, v6, v2
  v_lshl_add_u32 v12, v7, 2, v9
  v_xor_b32 v13, v12, v7
  v_mul_lo_u32 v14, v13, v9
  v_pk_mul_f32 v[16:17], v[18:19], v[20:21]
  v_cvt_f32_u32 v15, v8
  v_mov_b32 v3, v15
  v_sub_f32 v4, v10, v6
  s_sub_u32 s8, s8, 1
  s_cmp_lg_u32 s8, 0
  s_cbranch_scc1 .Lloop_valu
  s_endpgm
.Lend_valu:
  .size valu, .Lend_valu-valu
  .section .rodata,"a"
  .p2align 6
  .amdhsa_kernel valu
    .amdhsa_next_free_vgpr 128
    .amdhsa_accum_offset 128
    .amdhsa_next_free_sgpr 32
    .amdhsa_group_segment_fixed_size 16384
  .end_amdhsa_kernel
  .text
  .globl mfma_fp4
  .p2align 8
  .type mfma_fp4,@function
mfma_fp4:
  v_mov_b32 v2, 0x3f800000
  v_mov_b32 v3, 0x3f800000
  v_mov_b32 v4, 0x3f800000
  v_mov_b32 v5, 0x3f800000
  v_mov_b32 v6, 0x3f800000
  v_mov_b32 v7, 0x3f800000
  v_mov_b32 v8, 0x3f800000
  v_mov_b32 v9, 0x3f800000
  v_mov_b32 v10, 0x3f800000
  v_mov_b32 v11, 0x3f800000
  v_mov_b32 v12, 0x3f800000
  v_mov_b32 v13, 0x3f800000
  v_mov_b32 v14, 0x3f800000
  v_mov_b32 v15, 0x3f800000
  v_mov_b32 v16, 0x3f800000
  v_mov_b32 v17, 0x3f800000
  v_mov_b32 v18, 0x3f800000
  v_mov_b32 v19, 0x3f800000
  v_mov_b32 v20, 0x3f800000
  v_mov_b32 v21, 0x3f800000
  v_mov_b32 v22, 0x3f800000
  v_mov_b32 v23, 0x3f800000
  v_mov_b32 v24, 0x3f800000
  v_mov_b32 v25, 0x3f800000
  v_mov_b32 v26, 0x3f800000
  v_mov_b32 v27, 0x3f800000
  v_mov_b32 v28, 0x3f800000
  v_mov_b32 v29, 0x3f800000
  v_mov_b32 v30, 0x3f800000
  v_mov_b32 v31, 0x3f800000
  v_mov_b32 v32, 0x3f800000
  v_mov_b32 v33, 0x3f800000
  v_mov_b32 v34, 0x3f800000
  v_mov_b32 v35, 0x3f800000
  v_mov_b32 v36, 0x3f800000
  v_mov_b32 v37, 0x3f800000
  v_mov_b32 v38, 0x3f800000
  v_mov_b32 v39, 0x3f800000
  v_mov_b32 v40, 0x3f800000
  v_mov_b32 v41, 0x3f800000
  v_mov_b32 v42, 0x3f800000
  v_mov_b32 v43, 0x3f800000
  v_mov_b32 v44, 0x3f800000
  v_mov_b32 v45, 0x3f800000
  v_mov_b32 v46, 0x3f800000
  v_mov_b32 v47, 0x3f800000
  v_mov_b32 v48, 0x3f800000
  v_mov_b32 v49, 0x3f800000
  v_mov_b32 v50, 0x3f800000
  v_mov_b32 v51, 0x3f800000
  v_mov_b32 v52, 0x3f800000
  v_mov_b32 v53, 0x3f800000
  v_mov_b32 v54, 0x3f800000
  v_mov_b32 v55, 0x3f800000
  v_mov_b32 v56, 0x3f800000
  v_mov_b32 v57, 0x3f800000
  v_mov_b32 v58, 0x3f800000
  v_mov_b32 v59, 0x3f800000
  v_mov_b32 v60, 0x3f800000
  v_mov_b32 v61, 0x3f800000
  v_mov_b32 v62, 0x3f800000
  v_mov_b32 v63, 0x3f800000
  v_mov_b32 v64, 0x3f800000
  v_mov_b32 v65, 0x3f800000
  v_mov_b32 v66, 0x3f800000
  v_mov_b32 v67, 0x3f800000
  v_mov_b32 v68, 0x3f800000
  v_mov_b32 v69, 0x3f800000
  v_mov_b32 v70, 0x3f800000
  v_mov_b32 v71, 0x3f800000
  v_mov_b32 v72, 0x3f800000
  v_mov_b32 v73, 0x3f800000
  v_mov_b32 v74, 0x3f800000
  v_mov_b32 v75, 0x3f800000
  v_mov_b32 v76, 0x3f800000
  v_mov_b32 v77, 0x3f800000
  v_mov_b32 v78, 0x3f800000
  v_mov_b32 v79, 0x3f800000
  v_mov_b32 v80, 0x3f800000
  v_mov_b32 v81, 0x3f800000
  v_mov_b32 v82, 0x3f800000
  v_mov_b32 v83, 0x3f800000
  v_mov_b32 v84, 0x3f800000
  v_mov_b32 v85, 0x3f800000
  v_mov_b32 v86, 0x3f800000
  v_mov_b32 v87, 0x3f800000
  v_mov_b32 v88, 0x3f800000
  v_mov_b32 v89, 0x3f800000
  v_mov_b32 v90, 0x3f800000
  v_mov_b32 v91, 0x3f800000
  v_mov_b32 v92, 0x3f800000
  v_mov_b32 v93, 0x3f800000
  v_mov_b32 v94, 0x3f800000
  v_mov_b32 v95, 0x3f800000
  v_mov_b32 v96, 0x3f800000
  v_mov_b32 v97, 0x3f800000
  v_mov_b32 v98, 0x3f800000
  v_mov_b32 v99, 0x3f800000
  v_mov_b32 v100, 0x3f800000
  v_mov_b32 v101, 0x3f800000
  v_mov_b32 v102, 0x3f800000
  v_mov_b32 v103, 0x3f800000
  v_mov_b32 v104, 0x3f800000
  v_mov_b32 v105, 0x3f800000
  v_mov_b32 v106, 0x3f800000
  v_mov_b32 v107, 0x3f800000
  v_mov_b32 v108, 0x3f800000
  v_mov_b32 v109, 0x3f800000
  v_mov_b32 v110, 0x3f800000
  v_mov_b32 v111, 0x3f800000
  v_mov_b32 v112, 0x3f800000
  v_mov_b32 v113, 0x3f800000
  v_mov_b32 v114, 0x3f800000
  v_mov_b32 v115, 0x3f800000
  v_mov_b32 v116, 0x3f800000
  v_mov_b32 v117, 0x3f800000
  v_mov_b32 v118, 0x3f800000
  v_mov_b32 v119, 0x3f800000
  v_mov_b32 v120, 0x3f800000
  v_mov_b32 v121, 0x3f800000
  v_mov_b32 v122, 0x3f800000
  v_mov_b32 v123, 0x3f800000
  v_mov_b32 v124, 0x3f800000
  v_mov_b32 v125, 0x3f800000
  v_mov_b32 v126, 0x3f800000
  v_mov_b32 v127, 0x3f800000
  s_mov_b64 vcc, -1
  v_lshlrev_b32 v1, 4, v0
  s_movk_i32 s8, 1000
.Lloop_mfma_fp4:
  v_mfma_scale_f32_16x16x128_f8f6f4 v[96:99], v[32:35], v[36:39], v[96:99], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:4
  v_mfma_scale_f32_16x16x128_f8f6f4 v[100:103], v[32:35], v[36:39], v[100:103], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:4
  v_mfma_scale_f32_16x16x128_f8f6f4 v[104:107], v[32:35], v[36:39], v[104:107], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:4
  v_mfma_scale_f32_16x16x128_f8f6f4 v[108:111], v[32:35], v[36:39], v[108:111], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:4
  v_mfma_scale_f32_16x16x128_f8f6f4 v[112:115], v[32:35], v[36:39], v[112:115], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:4
  v_mfma_scale_f32_16x16x128_f8f6f4 v[116:119], v[32:35], v[36:39], v[116:119], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:4
  v_mfma_scale_f32_16x16x128_f8f6f4 v[120:123], v[32:35], v[36:39], v[120:123], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:4
  v_mfma_scale_f32_16x16x128_f8f6f4 v[124:127], v[32:35], v[36:39], v[124:127], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:4
  s_sub_u32 s8, s8, 1
  s_cmp_lg_u32 s8, 0
  s_cbranch_scc1 .Lloop_mfma_fp4
  s_endpgm
.Lend_mfma_fp4:
  .size mfma_fp4, .Lend_mfma_fp4-mfma_fp4
  .section .rodata,"a"
  .p2align 6
  .amdhsa_kernel mfma_fp4
    .amdhsa_next_free_vgpr 128
    .amdhsa_accum_offset 128
    .amdhsa_next_free_sgpr 32
    .amdhsa_group_segment_fixed_size 16384
  .end_amdhsa_kernel
  .text
  .globl mfma_fp8
  .p2align 8
  .type mfma_fp8,@function
mfma_fp8:
  v_mov_b32 v2, 0x3f800000
  v_mov_b32 v3, 0x3f800000
  v_mov_b32 v4, 0x3f800000
  v_mov_b32 v5, 0x3f800000
  v_mov_b32 v6, 0x3f800000
  v_mov_b32 v7, 0x3f800000
  v_mov_b32 v8, 0x3f800000
  v_mov_b32 v9, 0x3f800000
  v_mov_b32 v10, 0x3f800000
  v_mov_b32 v11, 0x3f800000
  v_mov_b32 v12, 0x3f800000
  v_mov_b32 v13, 0x3f800000
  v_mov_b32 v14, 0x3f800000
  v_mov_b32 v15, 0x3f800000
  v_mov_b32 v16, 0x3f800000
  v_mov_b32 v17, 0x3f800000
  v_mov_b32 v18, 0x3f800000
  v_mov_b32 v19, 0x3f800000
  v_mov_b32 v20, 0x3f800000
  v_mov_b32 v21, 0x3f800000
  v_mov_b32 v22, 0x3f800000
  v_mov_b32 v23, 0x3f800000
  v_mov_b32 v24, 0x3f800000
  v_mov_b32 v25, 0x3f800000
  v_mov_b32 v26, 0x3f800000
  v_mov_b32 v27, 0x3f800000
  v_mov_b32 v28, 0x3f800000
  v_mov_b32 v29, 0x3f800000
  v_mov_b32 v30, 0x3f800000
  v_mov_b32 v31, 0x3f800000
  v_mov_b32 v32, 0x3f800000
  v_mov_b32 v33, 0x3f800000
  v_mov_b32 v34, 0x3f800000
  v_mov_b32 v35, 0x3f800000
  v_mov_b32 v36, 0x3f800000
  v_mov_b32 v37, 0x3f800000
  v_mov_b32 v38, 0x3f800000
  v_mov_b32 v39, 0x3f800000
  v_mov_b32 v40, 0x3f800000
  v_mov_b32 v41, 0x3f800000
  v_mov_b32 v42, 0x3f800000
  v_mov_b32 v43, 0x3f800000
  v_mov_b32 v44, 0x3f800000
  v_mov_b32 v45, 0x3f800000
  v_mov_b32 v46, 0x3f800000
  v_mov_b32 v47, 0x3f800000
  v_mov_b32 v48, 0x3f800000
  v_mov_b32 v49, 0x3f800000
  v_mov_b32 v50, 0x3f800000
  v_mov_b32 v51, 0x3f800000
  v_mov_b32 v52, 0x3f800000
  v_mov_b32 v53, 0x3f800000
  v_mov_b32 v54, 0x3f800000
  v_mov_b32 v55, 0x3f800000
  v_mov_b32 v56, 0x3f800000
  v_mov_b32 v57, 0x3f800000
  v_mov_b32 v58, 0x3f800000
  v_mov_b32 v59, 0x3f800000
  v_mov_b32 v60, 0x3f800000
  v_mov_b32 v61, 0x3f800000
  v_mov_b32 v62, 0x3f800000
  v_mov_b32 v63, 0x3f800000
  v_mov_b32 v64, 0x3f800000
  v_mov_b32 v65, 0x3f800000
  v_mov_b32 v66, 0x3f800000
  v_mov_b32 v67, 0x3f800000
  v_mov_b32 v68, 0x3f800000
  v_mov_b32 v69, 0x3f800000
  v_mov_b32 v70, 0x3f800000
  v_mov_b32 v71, 0x3f800000
  v_mov_b32 v72, 0x3f800000
  v_mov_b32 v73, 0x3f800000
  v_mov_b32 v74, 0x3f800000
  v_mov_b32 v75, 0x3f800000
  v_mov_b32 v76, 0x3f800000
  v_mov_b32 v77, 0x3f800000
  v_mov_b32 v78, 0x3f800000
  v_mov_b32 v79, 0x3f800000
  v_mov_b32 v80, 0x3f800000
  v_mov_b32 v81, 0x3f800000
  v_mov_b32 v82, 0x3f800000
  v_mov_b32 v83, 0x3f800000
  v_mov_b32 v84, 0x3f800000
  v_mov_b32 v85, 0x3f800000
  v_mov_b32 v86, 0x3f800000
  v_mov_b32 v87, 0x3f800000
  v_mov_b32 v88, 0x3f800000
  v_mov_b32 v89, 0x3f800000
  v_mov_b32 v90, 0x3f800000
  v_mov_b32 v91, 0x3f800000
  v_mov_b32 v92, 0x3f800000
  v_mov_b32 v93, 0x3f800000
  v_mov_b32 v94, 0x3f800000
  v_mov_b32 v95, 0x3f800000
  v_mov_b32 v96, 0x3f800000
  v_mov_b32 v97, 0x3f800000
  v_mov_b32 v98, 0x3f800000
  v_mov_b32 v99, 0x3f800000
  v_mov_b32 v100, 0x3f800000
  v_mov_b32 v101, 0x3f800000
  v_mov_b32 v102, 0x3f800000
  v_mov_b32 v103, 0x3f800000
  v_mov_b32 v104, 0x3f800000
  v_mov_b32 v105, 0x3f800000
  v_mov_b32 v106, 0x3f800000
  v_mov_b32 v107, 0x3f800000
  v_mov_b32 v108, 0x3f800000
  v_mov_b32 v109, 0x3f800000
  v_mov_b32 v110, 0x3f800000
  v_mov_b32 v111, 0x3f800000
  v_mov_b32 v112, 0x3f800000
  v_mov_b32 v113, 0x3f800000
  v_mov_b32 v114, 0x3f800000
  v_mov_b32 v115, 0x3f800000
  v_mov_b32 v116, 0x3f800000
  v_mov_b32 v117, 0x3f800000
  v_mov_b32 v118, 0x3f800000
  v_mov_b32 v119, 0x3f800000
  v_mov_b32 v120, 0x3f800000
  v_mov_b32 v121, 0x3f800000
  v_mov_b32 v122, 0x3f800000
  v_mov_b32 v123, 0x3f800000
  v_mov_b32 v124, 0x3f800000
  v_mov_b32 v125, 0x3f800000
  v_mov_b32 v126, 0x3f800000
  v_mov_b32 v127, 0x3f800000
  s_mov_b64 vcc, -1
  v_lshlrev_b32 v1, 4, v0
  s_movk_i32 s8, 1000
.Lloop_mfma_fp8:
  v_mfma_scale_f32_16x16x128_f8f6f4 v[96:99], v[32:39], v[64:71], v[96:99], v40, v41 op_sel_hi:[0,0,0]
  v_mfma_scale_f32_16x16x128_f8f6f4 v[100:103], v[32:39], v[64:71], v[100:103], v40, v41 op_sel_hi:[0,0,0]
  v_mfma_scale_f32_16x16x128_f8f6f4 v[104:107], v[32:39], v[64:71], v[104:107], v40, v41 op_sel_hi:[0,0,0]
  v_mfma_scale_f32_16x16x128_f8f6f4 v[108:111], v[32:39], v[64:71], v[108:111], v40, v41 op_sel_hi:[0,0,0]
  v_mfma_scale_f32_16x16x128_f8f6f4 v[112:115], v[32:39], v[64:71], v[112:115], v40, v41 op_sel_hi:[0,0,0]
  v_mfma_scale_f32_16x16x128_f8f6f4 v[116:119], v[32:39], v[64:71], v[116:119], v40, v41 op_sel_hi:[0,0,0]
  v_mfma_scale_f32_16x16x128_f8f6f4 v[120:123], v[32:39], v[64:71], v[120:123], v40, v41 op_sel_hi:[0,0,0]
  v_mfma_scale_f32_16x16x128_f8f6f4 v[124:127], v[32:39], v[64:71], v[124:127], v40, v41 op_sel_hi:[0,0,0]
  s_sub_u32 s8, s8, 1
  s_cmp_lg_u32 s8, 0
  s_cbranch_scc1 .Lloop_mfma_fp8
  s_endpgm
.Lend_mfma_fp8:
  .size mfma_fp8, .Lend_mfma_fp8-mfma_fp8
  .section .rodata,"a"
  .p2align 6
  .amdhsa_kernel mfma_fp8
    .amdhsa_next_free_vgpr 128
    .amdhsa_accum_offset 128
    .amdhsa_next_free_sgpr 32
    .amdhsa_group_segment_fixed_size 16384
  .end_amdhsa_kernel
  .text
  .globl mfma_bf16
  .p2align 8
  .type mfma_bf16,@function
mfma_bf16:
  v_mov_b32 v2, 0x3f800000
  v_mov_b32 v3, 0x3f800000
  v_mov_b32 v4, 0x3f800000
  v_mov_b32 v5, 0x3f800000
  v_mov_b32 v6, 0x3f800000
  v_mov_b32 v7, 0x3f800000
  v_mov_b32 v8, 0x3f800000
  v_mov_b32 v9, 0x3f800000
  v_mov_b32 v10, 0x3f800000
  v_mov_b32 v11, 0x3f800000
  v_mov_b32 v12, 0x3f800000
  v_mov_b32 v13, 0x3f800000
  v_mov_b32 v14, 0x3f800000
  v_mov_b32 v15, 0x3f800000
  v_mov_b32 v16, 0x3f800000
  v_mov_b32 v17, 0x3f800000
  v_mov_b32 v18, 0x3f800000
  v_mov_b32 v19, 0x3f800000
  v_mov_b32 v20, 0x3f800000
  v_mov_b32 v21, 0x3f800000
  v_mov_b32 v22, 0x3f800000
  v_mov_b32 v23, 0x3f800000
  v_mov_b32 v24, 0x3f800000
  v_mov_b32 v25, 0x3f800000
  v_mov_b32 v26, 0x3f800000
  v_mov_b32 v27, 0x3f800000
  v_mov_b32 v28, 0x3f800000
  v_mov_b32 v29, 0x3f800000
  v_mov_b32 v30, 0x3f800000
  v_mov_b32 v31, 0x3f800000
  v_mov_b32 v32, 0x3f800000
  v_mov_b32 v33, 0x3f800000
  v_mov_b32 v34, 0x3f800000
  v_mov_b32 v35, 0x3f800000
  v_mov_b32 v36, 0x3f800000
  v_mov_b32 v37, 0x3f800000
  v_mov_b32 v38, 0x3f800000
  v_mov_b32 v39, 0x3f800000
  v_mov_b32 v40, 0x3f800000
  v_mov_b32 v41, 0x3f800000
  v_mov_b32 v42, 0x3f800000
  v_mov_b32 v43, 0x3f800000
  v_mov_b32 v44, 0x3f800000
  v_mov_b32 v45, 0x3f800000
  v_mov_b32 v46, 0x3f800000
  v_mov_b32 v47, 0x3f800000
  v_mov_b32 v48, 0x3f800000
  v_mov_b32 v49, 0x3f800000
  v_mov_b32 v50, 0x3f800000
  v_mov_b32 v51, 0x3f800000
  v_mov_b32 v52, 0x3f800000
  v_mov_b32 v53, 0x3f800000
  v_mov_b32 v54, 0x3f800000
  v_mov_b32 v55, 0x3f800000
  v_mov_b32 v56, 0x3f800000
  v_mov_b32 v57, 0x3f800000
  v_mov_b32 v58, 0x3f800000
  v_mov_b32 v59, 0x3f800000
  v_mov_b32 v60, 0x3f800000
  v_mov_b32 v61, 0x3f800000
  v_mov_b32 v62, 0x3f800000
  v_mov_b32 v63, 0x3f800000
  v_mov_b32 v64, 0x3f800000
  v_mov_b32 v65, 0x3f800000
  v_mov_b32 v66, 0x3f800000
  v_mov_b32 v67, 0x3f800000
  v_mov_b32 v68, 0x3f800000
  v_mov_b32 v69, 0x3f800000
  v_mov_b32 v70, 0x3f800000
  v_mov_b32 v71, 0x3f800000
  v_mov_b32 v72, 0x3f800000
  v_mov_b32 v73, 0x3f800000
  v_mov_b32 v74, 0x3f800000
  v_mov_b32 v75, 0x3f800000
  v_mov_b32 v76, 0x3f800000
  v_mov_b32 v77, 0x3f800000
  v_mov_b32 v78, 0x3f800000
  v_mov_b32 v79, 0x3f800000
  v_mov_b32 v80, 0x3f800000
  v_mov_b32 v81, 0x3f800000
  v_mov_b32 v82, 0x3f800000
  v_mov_b32 v83, 0x3f800000
  v_mov_b32 v84, 0x3f800000
  v_mov_b32 v85, 0x3f800000
  v_mov_b32 v86, 0x3f800000
  v_mov_b32 v87, 0x3f800000
  v_mov_b32 v88, 0x3f800000
  v_mov_b32 v89, 0x3f800000
  v_mov_b32 v90, 0x3f800000
  v_mov_b32 v91, 0x3f800000
  v_mov_b32 v92, 0x3f800000
  v_mov_b32 v93, 0x3f800000
  v_mov_b32 v94, 0x3f800000
  v_mov_b32 v95, 0x3f800000
  v_mov_b32 v96, 0x3f800000
  v_mov_b32 v97, 0x3f800000
  v_mov_b32 v98, 0x3f800000
  v_mov_b32 v99, 0x3f800000
  v_mov_b32 v100, 0x3f800000
  v_mov_b32 v101, 0x3f800000
  v_mov_b32 v102, 0x3f800000
  v_mov_b32 v103, 0x3f800000
  v_mov_b32 v104, 0x3f800000
  v_mov_b32 v105, 0x3f800000
  v_mov_b32 v106, 0x3f800000
  v_mov_b32 v107, 0x3f800000
  v_mov_b32 v108, 0x3f800000
  v_mov_b32 v109, 0x3f800000
  v_mov_b32 v110, 0x3f800000
  v_mov_b32 v111, 0x3f800000
  v_mov_b32 v112, 0x3f800000
  v_mov_b32 v113, 0x3f800000
  v_mov_b32 v114, 0x3f800000
  v_mov_b32 v115, 0x3f800000
  v_mov_b32 v116, 0x3f800000
  v_mov_b32 v117, 0x3f800000
  v_mov_b32 v118, 0x3f800000
  v_mov_b32 v119, 0x3f800000
  v_mov_b32 v120, 0x3f800000
  v_mov_b32 v121, 0x3f800000
  v_mov_b32 v122, 0x3f800000
  v_mov_b32 v123, 0x3f800000
  v_mov_b32 v124, 0x3f800000
  v_mov_b32 v125, 0x3f800000
  v_mov_b32 v126, 0x3f800000
  v_mov_b32 v127, 0x3f800000
  s_mov_b64 vcc, -1
  v_lshlrev_b32 v1, 4, v0
  s_movk_i32 s8, 1000
.Lloop_mfma_bf16:
  v_mfma_f32_16x16x32_bf16 v[96:99], v[32:35], v[36:39], v[96:99]
  v_mfma_f32_16x16x32_bf16 v[100:103], v[32:35], v[36:39], v[100:103]
  v_mfma_f32_16x16x32_bf16 v[104:107], v[32:35], v[36:39], v[104:107]
  v_mfma_f32_16x16x32_bf16 v[108:111], v[32:35], v[36:39], v[108:111]
  v_mfma_f32_16x16x32_bf16 v[112:115], v[32:35], v[36:39], v[112:115]
  v_mfma_f32_16x16x32_bf16 v[116:119], v[32:35], v[36:39], v[116:119]
  v_mfma_f32_16x16x32_bf16 v[120:123], v[32:35], v[36:39], v[120:123]
  v_mfma_f32_16x16x32_bf16 v[124:127], v[32:35], v[36:39], v[124:127]
  s_sub_u32 s8, s8, 1
  s_cmp_lg_u32 s8, 0
  s_cbranch_scc1 .Lloop_mfma_bf16
  s_endpgm
.Lend_mfma_bf16:
  .size mfma_bf16, .Lend_mfma_bf16-mfma_bf16
  .section .rodata,"a"
  .p2align 6
  .amdhsa_kernel mfma_bf16
    .amdhsa_next_free_vgpr 128
    .amdhsa_accum_offset 128
    .amdhsa_next_free_sgpr 32
    .amdhsa_group_segment_fixed_size 16384
  .end_amdhsa_kernel
  .text
  .globl lds_read
  .p2align 8
  .type lds_read,@function
lds_read:
  v_mov_b32 v2, 0x3f800000
  v_mov_b32 v3, 0x3f800000
  v_mov_b32 v4, 0x3f800000
  v_mov_b32 v5, 0x3f800000
  v_mov_b32 v6, 0x3f800000
  v_mov_b32 v7, 0x3f800000
  v_mov_b32 v8, 0x3f800000
  v_mov_b32 v9, 0x3f800000
  v_mov_b32 v10, 0x3f800000
  v_mov_b32 v11, 0x3f800000
  v_mov_b32 v12, 0x3f800000
  v_mov_b32 v13, 0x3f800000
  v_mov_b32 v14, 0x3f800000
  v_mov_b32 v15, 0x3f800000
  v_mov_b32 v16, 0x3f800000
  v_mov_b32 v17, 0x3f800000
  v_mov_b32 v18, 0x3f800000
  v_mov_b32 v19, 0x3f800000
  v_mov_b32 v20, 0x3f800000
  v_mov_b32 v21, 0x3f800000
  v_mov_b32 v22, 0x3f800000
  v_mov_b32 v23, 0x3f800000
  v_mov_b32 v24, 0x3f800000
  v_mov_b32 v25, 0x3f800000
  v_mov_b32 v26, 0x3f800000
  v_mov_b32 v27, 0x3f800000
  v_mov_b32 v28, 0x3f800000
  v_mov_b32 v29, 0x3f800000
  v_mov_b32 v30, 0x3f800000
  v_mov_b32 v31, 0x3f800000
  v_mov_b32 v32, 0x3f800000
  v_mov_b32 v33, 0x3f800000
  v_mov_b32 v34, 0x3f800000
  v_mov_b32 v35, 0x3f800000
  v_mov_b32 v36, 0x3f800000
  v_mov_b32 v37, 0x3f800000
  v_mov_b32 v38, 0x3f800000
  v_mov_b32 v39, 0x3f800000
  v_mov_b32 v40, 0x3f800000
  v_mov_b32 v41, 0x3f800000
  v_mov_b32 v42, 0x3f800000
  v_mov_b32 v43, 0x3f800000
  v_mov_b32 v44, 0x3f800000
  v_mov_b32 v45, 0x3f800000
  v_mov_b32 v46, 0x3f800000
  v_mov_b32 v47, 0x3f800000
  v_mov_b32 v48, 0x3f800000
  v_mov_b32 v49, 0x3f800000
  v_mov_b32 v50, 0x3f800000
  v_mov_b32 v51, 0x3f800000
  v_mov_b32 v52, 0x3f800000
  v_mov_b32 v53, 0x3f800000
  v_mov_b32 v54, 0x3f800000
  v_mov_b32 v55, 0x3f800000
  v_mov_b32 v56, 0x3f800000
  v_mov_b32 v57, 0x3f800000
  v_mov_b32 v58, 0x3f800000
  v_mov_b32 v59, 0x3f800000
  v_mov_b32 v60, 0x3f800000
  v_mov_b32 v61, 0x3f800000
  v_mov_b32 v62, 0x3f800000
  v_mov_b32 v63, 0x3f800000
  v_mov_b32 v64, 0x3f800000
  v_mov_b32 v65, 0x3f800000
  v_mov_b32 v66, 0x3f800000
  v_mov_b32 v67, 0x3f800000
  v_mov_b32 v68, 0x3f800000
  v_mov_b32 v69, 0x3f800000
  v_mov_b32 v70, 0x3f800000
  v_mov_b32 v71, 0x3f800000
  v_mov_b32 v72, 0x3f800000
  v_mov_b32 v73, 0x3f800000
  v_mov_b32 v74, 0x3f800000
  v_mov_b32 v75, 0x3f800000
  v_mov_b32 v76, 0x3f800000
  v_mov_b32 v77, 0x3f800000
  v_mov_b32 v78, 0x3f800000
  v_mov_b32 v79, 0x3f800000
  v_mov_b32 v80, 0x3f800000
  v_mov_b32 v81, 0x3f800000
  v_mov_b32 v82, 0x3f800000
  v_mov_b32 v83, 0x3f800000
  v_mov_b32 v84, 0x3f800000
  v_mov_b32 v85, 0x3f800000
  v_mov_b32 v86, 0x3f800000
  v_mov_b32 v87, 0x3f800000
  v_mov_b32 v88, 0x3f800000
  v_mov_b32 v89, 0x3f800000
  v_mov_b32 v90, 0x3f800000
  v_mov_b32 v91, 0x3f800000
  v_mov_b32 v92, 0x3f800000
  v_mov_b32 v93, 0x3f800000
  v_mov_b32 v94, 0x3f800000
  v_mov_b32 v95, 0x3f800000
  v_mov_b32 v96, 0x3f800000
  v_mov_b32 v97, 0x3f800000
  v_mov_b32 v98, 0x3f800000
  v_mov_b32 v99, 0x3f800000
  v_mov_b32 v100, 0x3f800000
  v_mov_b32 v101, 0x3f800000
  v_mov_b32 v102, 0x3f800000
  v_mov_b32 v103, 0x3f800000
  v_mov_b32 v104, 0x3f800000
  v_mov_b32 v105, 0x3f800000
  v_mov_b32 v106, 0x3f800000
  v_mov_b32 v107, 0x3f800000
  v_mov_b32 v108, 0x3f800000
  v_mov_b32 v109, 0x3f800000
  v_mov_b32 v110, 0x3f800000
  v_mov_b32 v111, 0x3f800000
  v_mov_b32 v112, 0x3f800000
  v_mov_b32 v113, 0x3f800000
  v_mov_b32 v114, 0x3f800000
  v_mov_b32 v115, 0x3f800000
  v_mov_b32 v116, 0x3f800000
  v_mov_b32 v117, 0x3f800000
  v_mov_b32 v118, 0x3f800000
  v_mov_b32 v119, 0x3f800000
  v_mov_b32 v120, 0x3f800000
  v_mov_b32 v121, 0x3f800000
  v_mov_b32 v122, 0x3f800000
  v_mov_b32 v123, 0x3f800000
  v_mov_b32 v124, 0x3f800000
  v_mov_b32 v125, 0x3f800000
  v_mov_b32 v126, 0x3f800000
  v_mov_b32 v127, 0x3f800000
  s_mov_b64 vcc, -1
  v_lshlrev_b32 v1, 4, v0
  ds_write_b128 v1, v[4:7] offset:0
  s_waitcnt lgkmcnt(0)
  s_movk_i32 s8, 1000
.Lloop_lds_read:
  ds_read_b128 v[44:47], v1
  ds_read_b128 v[48:51], v1
  ds_read_b128 v[52:55], v1
  ds_read_b128 v[56:59], v1
  ds_read_b128 v[44:47], v1
  ds_read_b128 v[48:51], v1
  ds_read_b128 v[52:55], v1
  ds_read_b128 v[56:59], v1
  s_waitcnt lgkmcnt(0)
  s_sub_u32 s8, s8, 1
  s_cmp_lg_u32 s8, 0
  s_cbranch_scc1 .Lloop_lds_read
  s_endpgm
.Lend_lds_read:
  .size lds_read, .Lend_lds_read-lds_read
  .section .rodata,"a"
  .p2align 6
  .amdhsa_kernel lds_read
    .amdhsa_next_free_vgpr 128
    .amdhsa_accum_offset 128
    .amdhsa_next_free_sgpr 32
    .amdhsa_group_segment_fixed_size 16384
  .end_amdhsa_kernel
  .amdgpu_metadata
---
amdhsa.version: [1, 2]
amdhsa.kernels:
  - .name: valu
    .symbol: valu.kd
    .kernarg_segment_size: 0
    .group_segment_fixed_size: 16384
    .private_segment_fixed_size: 0
    .kernarg_segment_align: 8
    .wavefront_size: 64
    .sgpr_count: 32
    .vgpr_count: 128
    .max_flat_workgroup_size: 1024
  - .name: mfma_fp4
    .symbol: mfma_fp4.kd
    .kernarg_segment_size: 0
    .group_segment_fixed_size: 16384
    .private_segment_fixed_size: 0
    .kernarg_segment_align: 8
    .wavefront_size: 64
    .sgpr_count: 32
    .vgpr_count: 128
    .max_flat_workgroup_size: 1024
  - .name: mfma_fp8
    .symbol: mfma_fp8.kd
    .kernarg_segment_size: 0
    .group_segment_fixed_size: 16384
    .private_segment_fixed_size: 0
    .kernarg_segment_align: 8
    .wavefront_size: 64
    .sgpr_count: 32
    .vgpr_count: 128
    .max_flat_workgroup_size: 1024
  - .name: mfma_bf16
    .symbol: mfma_bf16.kd
    .kernarg_segment_size: 0
    .group_segment_fixed_size: 16384
    .private_segment_fixed_size: 0
    .kernarg_segment_align: 8
    .wavefront_size: 64
    .sgpr_count: 32
    .vgpr_count: 128
    .max_flat_workgroup_size: 1024
  - .name: lds_read
    .symbol: lds_read.kd
    .kernarg_segment_size: 0
    .group_segment_fixed_size: 16384
    .private_segment_fixed_size: 0
    .kernarg_segment_align: 8
    .wavefront_size: 64
    .sgpr_count: 32
    .vgpr_count: 128
    .max_flat_workgroup_size: 1024
...
  .end_amdgpu_metadata
