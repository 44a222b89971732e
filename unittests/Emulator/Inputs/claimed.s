// One instruction for each opcode of gfx950 that the emulator claims, in LLVM's syntax.
buffer_atomic_add v9, off, s[96:99], s4 offset:8
buffer_atomic_add v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_add v9, v2, s[96:99], s4 idxen
buffer_atomic_add v9, v2, s[96:99], s4 offen
buffer_atomic_add v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_add v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_add_f32 v9, off, s[96:99], s4 offset:8
buffer_atomic_add_f32 v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_add_f32 v9, v2, s[96:99], s4 idxen
buffer_atomic_add_f32 v9, v2, s[96:99], s4 offen
buffer_atomic_add_f32 v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_add_f32 v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_add_f64 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_add_f64 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_add_f64 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_add_f64 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_add_f64 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_add_f64 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_add_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_add_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_add_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_add_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_add_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_add_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_and v9, off, s[96:99], s4 offset:8
buffer_atomic_and v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_and v9, v2, s[96:99], s4 idxen
buffer_atomic_and v9, v2, s[96:99], s4 offen
buffer_atomic_and v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_and v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_and_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_and_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_and_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_and_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_and_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_and_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_cmpswap v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_cmpswap v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_cmpswap v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_cmpswap v[4:5], v2, s[24:27], s8 offen
buffer_atomic_cmpswap v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_cmpswap v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_cmpswap_x2 v[4:7], off, s[24:27], s8 offset:8
buffer_atomic_cmpswap_x2 v[4:7], off, s[24:27], s8 offset:8 sc0
buffer_atomic_cmpswap_x2 v[4:7], v2, s[24:27], s8 idxen
buffer_atomic_cmpswap_x2 v[4:7], v2, s[24:27], s8 offen
buffer_atomic_cmpswap_x2 v[4:7], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_cmpswap_x2 v[4:7], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_dec v9, off, s[96:99], s4 offset:8
buffer_atomic_dec v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_dec v9, v2, s[96:99], s4 idxen
buffer_atomic_dec v9, v2, s[96:99], s4 offen
buffer_atomic_dec v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_dec v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_dec_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_dec_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_dec_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_dec_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_dec_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_dec_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_inc v9, off, s[96:99], s4 offset:8
buffer_atomic_inc v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_inc v9, v2, s[96:99], s4 idxen
buffer_atomic_inc v9, v2, s[96:99], s4 offen
buffer_atomic_inc v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_inc v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_inc_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_inc_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_inc_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_inc_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_inc_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_inc_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_max_f64 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_max_f64 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_max_f64 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_max_f64 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_max_f64 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_max_f64 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_min_f64 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_min_f64 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_min_f64 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_min_f64 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_min_f64 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_min_f64 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_or v9, off, s[96:99], s4 offset:8
buffer_atomic_or v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_or v9, v2, s[96:99], s4 idxen
buffer_atomic_or v9, v2, s[96:99], s4 offen
buffer_atomic_or v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_or v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_or_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_or_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_or_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_or_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_or_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_or_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_pk_add_bf16 v9, off, s[96:99], s4 offset:8
buffer_atomic_pk_add_bf16 v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_pk_add_bf16 v9, v2, s[96:99], s4 idxen
buffer_atomic_pk_add_bf16 v9, v2, s[96:99], s4 offen
buffer_atomic_pk_add_bf16 v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_pk_add_bf16 v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_pk_add_f16 v9, off, s[96:99], s4 offset:8
buffer_atomic_pk_add_f16 v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_pk_add_f16 v9, v2, s[96:99], s4 idxen
buffer_atomic_pk_add_f16 v9, v2, s[96:99], s4 offen
buffer_atomic_pk_add_f16 v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_pk_add_f16 v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_smax v9, off, s[96:99], s4 offset:8
buffer_atomic_smax v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_smax v9, v2, s[96:99], s4 idxen
buffer_atomic_smax v9, v2, s[96:99], s4 offen
buffer_atomic_smax v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_smax v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_smax_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_smax_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_smax_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_smax_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_smax_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_smax_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_smin v9, off, s[96:99], s4 offset:8
buffer_atomic_smin v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_smin v9, v2, s[96:99], s4 idxen
buffer_atomic_smin v9, v2, s[96:99], s4 offen
buffer_atomic_smin v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_smin v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_smin_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_smin_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_smin_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_smin_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_smin_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_smin_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_sub v9, off, s[96:99], s4 offset:8
buffer_atomic_sub v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_sub v9, v2, s[96:99], s4 idxen
buffer_atomic_sub v9, v2, s[96:99], s4 offen
buffer_atomic_sub v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_sub v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_sub_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_sub_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_sub_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_sub_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_sub_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_sub_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_swap v9, off, s[96:99], s4 offset:8
buffer_atomic_swap v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_swap v9, v2, s[96:99], s4 idxen
buffer_atomic_swap v9, v2, s[96:99], s4 offen
buffer_atomic_swap v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_swap v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_swap_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_swap_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_swap_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_swap_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_swap_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_swap_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_umax v9, off, s[96:99], s4 offset:8
buffer_atomic_umax v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_umax v9, v2, s[96:99], s4 idxen
buffer_atomic_umax v9, v2, s[96:99], s4 offen
buffer_atomic_umax v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_umax v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_umax_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_umax_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_umax_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_umax_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_umax_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_umax_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_umin v9, off, s[96:99], s4 offset:8
buffer_atomic_umin v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_umin v9, v2, s[96:99], s4 idxen
buffer_atomic_umin v9, v2, s[96:99], s4 offen
buffer_atomic_umin v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_umin v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_umin_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_umin_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_umin_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_umin_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_umin_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_umin_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_atomic_xor v9, off, s[96:99], s4 offset:8
buffer_atomic_xor v9, off, s[96:99], s4 offset:8 sc0
buffer_atomic_xor v9, v2, s[96:99], s4 idxen
buffer_atomic_xor v9, v2, s[96:99], s4 offen
buffer_atomic_xor v9, v[2:3], s[96:99], s4 idxen offen
buffer_atomic_xor v9, v[2:3], s[96:99], s4 idxen offen sc0
buffer_atomic_xor_x2 v[4:5], off, s[24:27], s8 offset:8
buffer_atomic_xor_x2 v[4:5], off, s[24:27], s8 offset:8 sc0
buffer_atomic_xor_x2 v[4:5], v2, s[24:27], s8 idxen
buffer_atomic_xor_x2 v[4:5], v2, s[24:27], s8 offen
buffer_atomic_xor_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_atomic_xor_x2 v[4:5], v[2:3], s[24:27], s8 idxen offen sc0
buffer_inv
buffer_load_dword off, s[96:99], s4 offset:8 lds
buffer_load_dword v2, s[96:99], s4 idxen lds
buffer_load_dword v2, s[96:99], s4 offen lds
buffer_load_dword v9, off, s[96:99], s4 offset:8
buffer_load_dword v9, v2, s[96:99], s4 idxen
buffer_load_dword v9, v2, s[96:99], s4 offen
buffer_load_dword v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_dword v[2:3], s[96:99], s4 idxen offen lds
buffer_load_dwordx2 v[4:5], off, s[24:27], s8 offset:8
buffer_load_dwordx2 v[4:5], v2, s[24:27], s8 idxen
buffer_load_dwordx2 v[4:5], v2, s[24:27], s8 offen
buffer_load_dwordx2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_load_dwordx3 off, s[96:99], s4 offset:8 lds
buffer_load_dwordx3 v2, s[96:99], s4 idxen lds
buffer_load_dwordx3 v2, s[96:99], s4 offen lds
buffer_load_dwordx3 v[2:3], s[96:99], s4 idxen offen lds
buffer_load_dwordx3 v[4:6], off, s[24:27], s8 offset:8
buffer_load_dwordx3 v[4:6], v2, s[24:27], s8 idxen
buffer_load_dwordx3 v[4:6], v2, s[24:27], s8 offen
buffer_load_dwordx3 v[4:6], v[2:3], s[24:27], s8 idxen offen
buffer_load_dwordx4 off, s[96:99], s4 offset:8 lds
buffer_load_dwordx4 v2, s[96:99], s4 idxen lds
buffer_load_dwordx4 v2, s[96:99], s4 offen lds
buffer_load_dwordx4 v[2:3], s[96:99], s4 idxen offen lds
buffer_load_dwordx4 v[4:7], off, s[24:27], s8 offset:8
buffer_load_dwordx4 v[4:7], v2, s[24:27], s8 idxen
buffer_load_dwordx4 v[4:7], v2, s[24:27], s8 offen
buffer_load_dwordx4 v[4:7], v[2:3], s[24:27], s8 idxen offen
buffer_load_sbyte off, s[96:99], s4 offset:8 lds
buffer_load_sbyte v2, s[96:99], s4 idxen lds
buffer_load_sbyte v2, s[96:99], s4 offen lds
buffer_load_sbyte v9, off, s[96:99], s4 offset:8
buffer_load_sbyte v9, v2, s[96:99], s4 idxen
buffer_load_sbyte v9, v2, s[96:99], s4 offen
buffer_load_sbyte v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_sbyte v[2:3], s[96:99], s4 idxen offen lds
buffer_load_sbyte_d16 v9, off, s[96:99], s4 offset:8
buffer_load_sbyte_d16 v9, v2, s[96:99], s4 idxen
buffer_load_sbyte_d16 v9, v2, s[96:99], s4 offen
buffer_load_sbyte_d16 v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_sbyte_d16_hi v9, off, s[96:99], s4 offset:8
buffer_load_sbyte_d16_hi v9, v2, s[96:99], s4 idxen
buffer_load_sbyte_d16_hi v9, v2, s[96:99], s4 offen
buffer_load_sbyte_d16_hi v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_short_d16 v9, off, s[96:99], s4 offset:8
buffer_load_short_d16 v9, v2, s[96:99], s4 idxen
buffer_load_short_d16 v9, v2, s[96:99], s4 offen
buffer_load_short_d16 v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_short_d16_hi v9, off, s[96:99], s4 offset:8
buffer_load_short_d16_hi v9, v2, s[96:99], s4 idxen
buffer_load_short_d16_hi v9, v2, s[96:99], s4 offen
buffer_load_short_d16_hi v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_sshort off, s[96:99], s4 offset:8 lds
buffer_load_sshort v2, s[96:99], s4 idxen lds
buffer_load_sshort v2, s[96:99], s4 offen lds
buffer_load_sshort v9, off, s[96:99], s4 offset:8
buffer_load_sshort v9, v2, s[96:99], s4 idxen
buffer_load_sshort v9, v2, s[96:99], s4 offen
buffer_load_sshort v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_sshort v[2:3], s[96:99], s4 idxen offen lds
buffer_load_ubyte off, s[96:99], s4 offset:8 lds
buffer_load_ubyte v2, s[96:99], s4 idxen lds
buffer_load_ubyte v2, s[96:99], s4 offen lds
buffer_load_ubyte v9, off, s[96:99], s4 offset:8
buffer_load_ubyte v9, v2, s[96:99], s4 idxen
buffer_load_ubyte v9, v2, s[96:99], s4 offen
buffer_load_ubyte v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_ubyte v[2:3], s[96:99], s4 idxen offen lds
buffer_load_ubyte_d16 v9, off, s[96:99], s4 offset:8
buffer_load_ubyte_d16 v9, v2, s[96:99], s4 idxen
buffer_load_ubyte_d16 v9, v2, s[96:99], s4 offen
buffer_load_ubyte_d16 v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_ubyte_d16_hi v9, off, s[96:99], s4 offset:8
buffer_load_ubyte_d16_hi v9, v2, s[96:99], s4 idxen
buffer_load_ubyte_d16_hi v9, v2, s[96:99], s4 offen
buffer_load_ubyte_d16_hi v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_ushort off, s[96:99], s4 offset:8 lds
buffer_load_ushort v2, s[96:99], s4 idxen lds
buffer_load_ushort v2, s[96:99], s4 offen lds
buffer_load_ushort v9, off, s[96:99], s4 offset:8
buffer_load_ushort v9, v2, s[96:99], s4 idxen
buffer_load_ushort v9, v2, s[96:99], s4 offen
buffer_load_ushort v9, v[2:3], s[96:99], s4 idxen offen
buffer_load_ushort v[2:3], s[96:99], s4 idxen offen lds
buffer_store_byte v9, off, s[96:99], s4 offset:8
buffer_store_byte v9, v2, s[96:99], s4 idxen
buffer_store_byte v9, v2, s[96:99], s4 offen
buffer_store_byte v9, v[2:3], s[96:99], s4 idxen offen
buffer_store_byte_d16_hi v9, off, s[96:99], s4 offset:8
buffer_store_byte_d16_hi v9, v2, s[96:99], s4 idxen
buffer_store_byte_d16_hi v9, v2, s[96:99], s4 offen
buffer_store_byte_d16_hi v9, v[2:3], s[96:99], s4 idxen offen
buffer_store_dword v9, off, s[96:99], s4 offset:8
buffer_store_dword v9, v2, s[96:99], s4 idxen
buffer_store_dword v9, v2, s[96:99], s4 offen
buffer_store_dword v9, v[2:3], s[96:99], s4 idxen offen
buffer_store_dwordx2 v[4:5], off, s[24:27], s8 offset:8
buffer_store_dwordx2 v[4:5], v2, s[24:27], s8 idxen
buffer_store_dwordx2 v[4:5], v2, s[24:27], s8 offen
buffer_store_dwordx2 v[4:5], v[2:3], s[24:27], s8 idxen offen
buffer_store_dwordx3 v[4:6], off, s[24:27], s8 offset:8
buffer_store_dwordx3 v[4:6], v2, s[24:27], s8 idxen
buffer_store_dwordx3 v[4:6], v2, s[24:27], s8 offen
buffer_store_dwordx3 v[4:6], v[2:3], s[24:27], s8 idxen offen
buffer_store_dwordx4 v[4:7], off, s[24:27], s8 offset:8
buffer_store_dwordx4 v[4:7], v2, s[24:27], s8 idxen
buffer_store_dwordx4 v[4:7], v2, s[24:27], s8 offen
buffer_store_dwordx4 v[4:7], v[2:3], s[24:27], s8 idxen offen
buffer_store_short v9, off, s[96:99], s4 offset:8
buffer_store_short v9, v2, s[96:99], s4 idxen
buffer_store_short v9, v2, s[96:99], s4 offen
buffer_store_short v9, v[2:3], s[96:99], s4 idxen offen
buffer_store_short_d16_hi v9, off, s[96:99], s4 offset:8
buffer_store_short_d16_hi v9, v2, s[96:99], s4 idxen
buffer_store_short_d16_hi v9, v2, s[96:99], s4 offen
buffer_store_short_d16_hi v9, v[2:3], s[96:99], s4 idxen offen
buffer_wbl2
ds_add_f32 v0, v0 offset:8
ds_add_f64 v0, v[0:1] offset:8
ds_add_rtn_f32 a8, v2, a4 offset:8
ds_add_rtn_f32 v8, v2, v4 offset:8
ds_add_rtn_f64 a[8:9], v2, a[4:5] offset:8
ds_add_rtn_f64 v[8:9], v2, v[4:5] offset:8
ds_add_rtn_u32 a8, v2, a4 offset:8
ds_add_rtn_u32 v8, v2, v4 offset:8
ds_add_rtn_u64 a[8:9], v2, a[4:5] offset:8
ds_add_rtn_u64 v[8:9], v2, v[4:5] offset:8
ds_add_u32 v0, v0 offset:8
ds_add_u64 v0, v[0:1] offset:8
ds_and_b32 v0, v0 offset:8
ds_and_b64 v0, v[0:1] offset:8
ds_and_rtn_b32 a8, v2, a4 offset:8
ds_and_rtn_b32 v8, v2, v4 offset:8
ds_and_rtn_b64 a[8:9], v2, a[4:5] offset:8
ds_and_rtn_b64 v[8:9], v2, v[4:5] offset:8
ds_bpermute_b32 a8, v2, a4 offset:8
ds_bpermute_b32 v8, v2, v4 offset:8
ds_cmpst_b32 v2, a9, a18 offset:8
ds_cmpst_b32 v2, v9, v18 offset:8
ds_cmpst_b64 v2, a[10:11], a[18:19] offset:8
ds_cmpst_b64 v2, v[128:129], v[6:7] offset:8
ds_cmpst_rtn_b32 a4, v2, a9, a26 offset:8
ds_cmpst_rtn_b32 v4, v2, v9, v26 offset:8
ds_cmpst_rtn_b64 a[4:5], v2, a[10:11], a[26:27] offset:8
ds_cmpst_rtn_b64 v[4:5], v2, v[8:9], v[26:27] offset:8
ds_dec_rtn_u32 a8, v2, a4 offset:8
ds_dec_rtn_u32 v8, v2, v4 offset:8
ds_dec_rtn_u64 a[8:9], v2, a[4:5] offset:8
ds_dec_rtn_u64 v[8:9], v2, v[4:5] offset:8
ds_dec_u32 v0, v0 offset:8
ds_dec_u64 v0, v[0:1] offset:8
ds_inc_rtn_u32 a8, v2, a4 offset:8
ds_inc_rtn_u32 v8, v2, v4 offset:8
ds_inc_rtn_u64 a[8:9], v2, a[4:5] offset:8
ds_inc_rtn_u64 v[8:9], v2, v[4:5] offset:8
ds_inc_u32 v0, v0 offset:8
ds_inc_u64 v0, v[0:1] offset:8
ds_max_f32 v0, v0 offset:8
ds_max_f64 v0, v[0:1] offset:8
ds_max_i32 v0, v0 offset:8
ds_max_i64 v0, v[0:1] offset:8
ds_max_rtn_f32 a8, v2, a4 offset:8
ds_max_rtn_f32 v8, v2, v4 offset:8
ds_max_rtn_f64 a[8:9], v2, a[4:5] offset:8
ds_max_rtn_f64 v[8:9], v2, v[4:5] offset:8
ds_max_rtn_i32 a8, v2, a4 offset:8
ds_max_rtn_i32 v8, v2, v4 offset:8
ds_max_rtn_i64 a[8:9], v2, a[4:5] offset:8
ds_max_rtn_i64 v[8:9], v2, v[4:5] offset:8
ds_max_rtn_u32 a8, v2, a4 offset:8
ds_max_rtn_u32 v8, v2, v4 offset:8
ds_max_rtn_u64 a[8:9], v2, a[4:5] offset:8
ds_max_rtn_u64 v[8:9], v2, v[4:5] offset:8
ds_max_u32 v0, v0 offset:8
ds_max_u64 v0, v[0:1] offset:8
ds_min_f32 v0, v0 offset:8
ds_min_f64 v0, v[0:1] offset:8
ds_min_i32 v0, v0 offset:8
ds_min_i64 v0, v[0:1] offset:8
ds_min_rtn_f32 a8, v2, a4 offset:8
ds_min_rtn_f32 v8, v2, v4 offset:8
ds_min_rtn_f64 a[8:9], v2, a[4:5] offset:8
ds_min_rtn_f64 v[8:9], v2, v[4:5] offset:8
ds_min_rtn_i32 a8, v2, a4 offset:8
ds_min_rtn_i32 v8, v2, v4 offset:8
ds_min_rtn_i64 a[8:9], v2, a[4:5] offset:8
ds_min_rtn_i64 v[8:9], v2, v[4:5] offset:8
ds_min_rtn_u32 a8, v2, a4 offset:8
ds_min_rtn_u32 v8, v2, v4 offset:8
ds_min_rtn_u64 a[8:9], v2, a[4:5] offset:8
ds_min_rtn_u64 v[8:9], v2, v[4:5] offset:8
ds_min_u32 v0, v0 offset:8
ds_min_u64 v0, v[0:1] offset:8
ds_mskor_b32 v2, a9, a18 offset:8
ds_mskor_b32 v2, v9, v18 offset:8
ds_mskor_b64 v2, a[10:11], a[18:19] offset:8
ds_mskor_b64 v2, v[128:129], v[6:7] offset:8
ds_mskor_rtn_b32 a4, v2, a9, a26 offset:8
ds_mskor_rtn_b32 v4, v2, v9, v26 offset:8
ds_mskor_rtn_b64 a[4:5], v2, a[10:11], a[26:27] offset:8
ds_mskor_rtn_b64 v[4:5], v2, v[8:9], v[26:27] offset:8
ds_nop
ds_or_b32 v0, v0 offset:8
ds_or_b64 v0, v[0:1] offset:8
ds_or_rtn_b32 a8, v2, a4 offset:8
ds_or_rtn_b32 v8, v2, v4 offset:8
ds_or_rtn_b64 a[8:9], v2, a[4:5] offset:8
ds_or_rtn_b64 v[8:9], v2, v[4:5] offset:8
ds_permute_b32 a8, v2, a4 offset:8
ds_permute_b32 v8, v2, v4 offset:8
ds_pk_add_bf16 v0, v0 offset:8
ds_pk_add_f16 v0, v0 offset:8
ds_pk_add_rtn_bf16 a8, v2, a4 offset:8
ds_pk_add_rtn_bf16 v8, v2, v4 offset:8
ds_pk_add_rtn_f16 a8, v2, a4 offset:8
ds_pk_add_rtn_f16 v8, v2, v4 offset:8
ds_read2_b32 v[0:1], v0 offset0:8
ds_read2_b64 v[0:3], v0 offset0:8
ds_read2st64_b32 v[0:1], v0 offset0:8
ds_read2st64_b64 v[0:3], v0 offset0:8
ds_read_addtid_b32 v0 offset:8
ds_read_b128 v[0:3], v0 offset:8
ds_read_b32 v0, v0 offset:8
ds_read_b64 v[0:1], v0 offset:8
ds_read_b64_tr_b16 v[0:1], v0 offset:8
ds_read_b64_tr_b4 v[0:1], v0 offset:8
ds_read_b64_tr_b8 v[0:1], v0 offset:8
ds_read_b96 v[0:2], v0 offset:8
ds_read_b96_tr_b6 v[0:2], v0 offset:8
ds_read_i16 v0, v0 offset:8
ds_read_i8 v0, v0 offset:8
ds_read_i8_d16 v0, v0 offset:8
ds_read_i8_d16_hi v0, v0 offset:8
ds_read_u16 v0, v0 offset:8
ds_read_u16_d16 v0, v0 offset:8
ds_read_u16_d16_hi v0, v0 offset:8
ds_read_u8 v0, v0 offset:8
ds_read_u8_d16 v0, v0 offset:8
ds_read_u8_d16_hi v0, v0 offset:8
ds_rsub_rtn_u32 a8, v2, a4 offset:8
ds_rsub_rtn_u32 v8, v2, v4 offset:8
ds_rsub_rtn_u64 a[8:9], v2, a[4:5] offset:8
ds_rsub_rtn_u64 v[8:9], v2, v[4:5] offset:8
ds_rsub_u32 v0, v0 offset:8
ds_rsub_u64 v0, v[0:1] offset:8
ds_sub_rtn_u32 a8, v2, a4 offset:8
ds_sub_rtn_u32 v8, v2, v4 offset:8
ds_sub_rtn_u64 a[8:9], v2, a[4:5] offset:8
ds_sub_rtn_u64 v[8:9], v2, v[4:5] offset:8
ds_sub_u32 v0, v0 offset:8
ds_sub_u64 v0, v[0:1] offset:8
ds_swizzle_b32 v0, v0 offset:swizzle(BITMASK_PERM,"0p000")
ds_write2_b32 v2, a9, a18 offset0:8
ds_write2_b32 v2, v9, v18 offset0:8
ds_write2_b64 v2, a[10:11], a[18:19] offset0:8
ds_write2_b64 v2, v[128:129], v[6:7] offset0:8
ds_write2st64_b32 v2, a9, a18 offset0:8
ds_write2st64_b32 v2, v9, v18 offset0:8
ds_write2st64_b64 v2, a[10:11], a[18:19] offset0:8
ds_write2st64_b64 v2, v[128:129], v[6:7] offset0:8
ds_write_addtid_b32 v0 offset:8
ds_write_b128 v0, v[0:3] offset:8
ds_write_b16 v0, v0 offset:8
ds_write_b16_d16_hi v0, v0 offset:8
ds_write_b32 v0, v0 offset:8
ds_write_b64 v0, v[0:1] offset:8
ds_write_b8 v0, v0 offset:8
ds_write_b8_d16_hi v0, v0 offset:8
ds_write_b96 v0, v[0:2] offset:8
ds_wrxchg_rtn_b32 a8, v2, a4 offset:8
ds_wrxchg_rtn_b32 v8, v2, v4 offset:8
ds_wrxchg_rtn_b64 a[8:9], v2, a[4:5] offset:8
ds_wrxchg_rtn_b64 v[8:9], v2, v[4:5] offset:8
ds_xor_b32 v0, v0 offset:8
ds_xor_b64 v0, v[0:1] offset:8
ds_xor_rtn_b32 a8, v2, a4 offset:8
ds_xor_rtn_b32 v8, v2, v4 offset:8
ds_xor_rtn_b64 a[8:9], v2, a[4:5] offset:8
ds_xor_rtn_b64 v[8:9], v2, v[4:5] offset:8
flat_atomic_add v8, v[2:3], v4 offset:8 sc0
flat_atomic_add v[2:3], v4 offset:8
flat_atomic_add_f32 v8, v[2:3], v4 offset:8 sc0
flat_atomic_add_f32 v[2:3], v4 offset:8
flat_atomic_add_f64 v[2:3], v[4:5] offset:8
flat_atomic_add_f64 v[2:3], v[4:5] offset:8 sc1
flat_atomic_add_f64 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_add_f64 v[8:9], v[2:3], v[4:5] offset:8 sc0 sc1
flat_atomic_add_x2 v[2:3], v[4:5] offset:8
flat_atomic_add_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_and v8, v[2:3], v4 offset:8 sc0
flat_atomic_and v[2:3], v4 offset:8
flat_atomic_and_x2 v[2:3], v[4:5] offset:8
flat_atomic_and_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_cmpswap v8, v[2:3], v[4:5] offset:8 sc0
flat_atomic_cmpswap v[2:3], v[4:5] offset:8
flat_atomic_cmpswap_x2 v[2:3], v[4:7] offset:8
flat_atomic_cmpswap_x2 v[8:9], v[2:3], v[4:7] offset:8 sc0
flat_atomic_dec v8, v[2:3], v4 offset:8 sc0
flat_atomic_dec v[2:3], v4 offset:8
flat_atomic_dec_x2 v[2:3], v[4:5] offset:8
flat_atomic_dec_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_inc v8, v[2:3], v4 offset:8 sc0
flat_atomic_inc v[2:3], v4 offset:8
flat_atomic_inc_x2 v[2:3], v[4:5] offset:8
flat_atomic_inc_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_max_f64 v[2:3], v[4:5] offset:8
flat_atomic_max_f64 v[2:3], v[4:5] offset:8 sc1
flat_atomic_max_f64 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_max_f64 v[8:9], v[2:3], v[4:5] offset:8 sc0 sc1
flat_atomic_min_f64 v[2:3], v[4:5] offset:8
flat_atomic_min_f64 v[2:3], v[4:5] offset:8 sc1
flat_atomic_min_f64 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_min_f64 v[8:9], v[2:3], v[4:5] offset:8 sc0 sc1
flat_atomic_or v8, v[2:3], v4 offset:8 sc0
flat_atomic_or v[2:3], v4 offset:8
flat_atomic_or_x2 v[2:3], v[4:5] offset:8
flat_atomic_or_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_pk_add_bf16 v8, v[2:3], v4 offset:8 sc0
flat_atomic_pk_add_bf16 v[2:3], v4 offset:8
flat_atomic_pk_add_f16 v8, v[2:3], v4 offset:8 sc0
flat_atomic_pk_add_f16 v[2:3], v4 offset:8
flat_atomic_smax v8, v[2:3], v4 offset:8 sc0
flat_atomic_smax v[2:3], v4 offset:8
flat_atomic_smax_x2 v[2:3], v[4:5] offset:8
flat_atomic_smax_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_smin v8, v[2:3], v4 offset:8 sc0
flat_atomic_smin v[2:3], v4 offset:8
flat_atomic_smin_x2 v[2:3], v[4:5] offset:8
flat_atomic_smin_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_sub v8, v[2:3], v4 offset:8 sc0
flat_atomic_sub v[2:3], v4 offset:8
flat_atomic_sub_x2 v[2:3], v[4:5] offset:8
flat_atomic_sub_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_swap v8, v[2:3], v4 offset:8 sc0
flat_atomic_swap v[2:3], v4 offset:8
flat_atomic_swap_x2 v[2:3], v[4:5] offset:8
flat_atomic_swap_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_umax v8, v[2:3], v4 offset:8 sc0
flat_atomic_umax v[2:3], v4 offset:8
flat_atomic_umax_x2 v[2:3], v[4:5] offset:8
flat_atomic_umax_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_umin v8, v[2:3], v4 offset:8 sc0
flat_atomic_umin v[2:3], v4 offset:8
flat_atomic_umin_x2 v[2:3], v[4:5] offset:8
flat_atomic_umin_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_atomic_xor v8, v[2:3], v4 offset:8 sc0
flat_atomic_xor v[2:3], v4 offset:8
flat_atomic_xor_x2 v[2:3], v[4:5] offset:8
flat_atomic_xor_x2 v[8:9], v[2:3], v[4:5] offset:8 sc0
flat_load_dword v8, v[2:3] offset:8
flat_load_dwordx2 v[8:9], v[2:3] offset:8
flat_load_dwordx3 v[8:10], v[2:3] offset:8
flat_load_dwordx4 v[8:11], v[2:3] offset:8
flat_load_sbyte v8, v[2:3] offset:8
flat_load_sbyte_d16 v8, v[2:3] offset:8
flat_load_sbyte_d16_hi v8, v[2:3] offset:8
flat_load_short_d16 v8, v[2:3] offset:8
flat_load_short_d16_hi v8, v[2:3] offset:8
flat_load_sshort v8, v[2:3] offset:8
flat_load_ubyte v8, v[2:3] offset:8
flat_load_ubyte_d16 v8, v[2:3] offset:8
flat_load_ubyte_d16_hi v8, v[2:3] offset:8
flat_load_ushort v8, v[2:3] offset:8
flat_store_byte v[2:3], v4 offset:8
flat_store_byte_d16_hi v[2:3], v4 offset:8
flat_store_dword v[2:3], v4 offset:8
flat_store_dwordx2 v[2:3], v[4:5] offset:8
flat_store_dwordx3 v[2:3], v[4:6] offset:8
flat_store_dwordx4 v[2:3], v[4:7] offset:8
flat_store_short v[2:3], v4 offset:8
flat_store_short_d16_hi v[2:3], v4 offset:8
global_atomic_add v2, v9, s[26:27] offset:8
global_atomic_add v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_add v8, v[2:3], v4, off offset:8 sc0
global_atomic_add v[2:3], v4, off offset:8
global_atomic_add_f32 v2, v9, s[26:27] offset:8
global_atomic_add_f32 v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_add_f32 v8, v[2:3], v4, off offset:8 sc0
global_atomic_add_f32 v[2:3], v4, off offset:8
global_atomic_add_f64 v2, v[8:9], s[26:27] offset:8
global_atomic_add_f64 v2, v[8:9], s[26:27] offset:8 sc1
global_atomic_add_f64 v[2:3], v[4:5], off offset:8
global_atomic_add_f64 v[2:3], v[4:5], off offset:8 sc1
global_atomic_add_f64 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_add_f64 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0 sc1
global_atomic_add_f64 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_add_f64 v[8:9], v[2:3], v[4:5], off offset:8 sc0 sc1
global_atomic_add_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_add_x2 v[2:3], v[4:5], off offset:8
global_atomic_add_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_add_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_and v2, v9, s[26:27] offset:8
global_atomic_and v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_and v8, v[2:3], v4, off offset:8 sc0
global_atomic_and v[2:3], v4, off offset:8
global_atomic_and_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_and_x2 v[2:3], v[4:5], off offset:8
global_atomic_and_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_and_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_cmpswap v2, v[8:9], s[26:27] offset:8
global_atomic_cmpswap v4, v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_cmpswap v8, v[2:3], v[4:5], off offset:8 sc0
global_atomic_cmpswap v[2:3], v[4:5], off offset:8
global_atomic_cmpswap_x2 v2, v[8:11], s[26:27] offset:8
global_atomic_cmpswap_x2 v[2:3], v[4:7], off offset:8
global_atomic_cmpswap_x2 v[4:5], v2, v[8:11], s[26:27] offset:8 sc0
global_atomic_cmpswap_x2 v[8:9], v[2:3], v[4:7], off offset:8 sc0
global_atomic_dec v2, v9, s[26:27] offset:8
global_atomic_dec v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_dec v8, v[2:3], v4, off offset:8 sc0
global_atomic_dec v[2:3], v4, off offset:8
global_atomic_dec_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_dec_x2 v[2:3], v[4:5], off offset:8
global_atomic_dec_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_dec_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_inc v2, v9, s[26:27] offset:8
global_atomic_inc v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_inc v8, v[2:3], v4, off offset:8 sc0
global_atomic_inc v[2:3], v4, off offset:8
global_atomic_inc_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_inc_x2 v[2:3], v[4:5], off offset:8
global_atomic_inc_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_inc_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_max_f64 v2, v[8:9], s[26:27] offset:8
global_atomic_max_f64 v2, v[8:9], s[26:27] offset:8 sc1
global_atomic_max_f64 v[2:3], v[4:5], off offset:8
global_atomic_max_f64 v[2:3], v[4:5], off offset:8 sc1
global_atomic_max_f64 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_max_f64 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0 sc1
global_atomic_max_f64 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_max_f64 v[8:9], v[2:3], v[4:5], off offset:8 sc0 sc1
global_atomic_min_f64 v2, v[8:9], s[26:27] offset:8
global_atomic_min_f64 v2, v[8:9], s[26:27] offset:8 sc1
global_atomic_min_f64 v[2:3], v[4:5], off offset:8
global_atomic_min_f64 v[2:3], v[4:5], off offset:8 sc1
global_atomic_min_f64 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_min_f64 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0 sc1
global_atomic_min_f64 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_min_f64 v[8:9], v[2:3], v[4:5], off offset:8 sc0 sc1
global_atomic_or v2, v9, s[26:27] offset:8
global_atomic_or v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_or v8, v[2:3], v4, off offset:8 sc0
global_atomic_or v[2:3], v4, off offset:8
global_atomic_or_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_or_x2 v[2:3], v[4:5], off offset:8
global_atomic_or_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_or_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_pk_add_bf16 v2, v9, s[26:27] offset:8
global_atomic_pk_add_bf16 v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_pk_add_bf16 v8, v[2:3], v4, off offset:8 sc0
global_atomic_pk_add_bf16 v[2:3], v4, off offset:8
global_atomic_pk_add_f16 v2, v9, s[26:27] offset:8
global_atomic_pk_add_f16 v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_pk_add_f16 v8, v[2:3], v4, off offset:8 sc0
global_atomic_pk_add_f16 v[2:3], v4, off offset:8
global_atomic_smax v2, v9, s[26:27] offset:8
global_atomic_smax v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_smax v8, v[2:3], v4, off offset:8 sc0
global_atomic_smax v[2:3], v4, off offset:8
global_atomic_smax_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_smax_x2 v[2:3], v[4:5], off offset:8
global_atomic_smax_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_smax_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_smin v2, v9, s[26:27] offset:8
global_atomic_smin v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_smin v8, v[2:3], v4, off offset:8 sc0
global_atomic_smin v[2:3], v4, off offset:8
global_atomic_smin_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_smin_x2 v[2:3], v[4:5], off offset:8
global_atomic_smin_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_smin_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_sub v2, v9, s[26:27] offset:8
global_atomic_sub v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_sub v8, v[2:3], v4, off offset:8 sc0
global_atomic_sub v[2:3], v4, off offset:8
global_atomic_sub_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_sub_x2 v[2:3], v[4:5], off offset:8
global_atomic_sub_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_sub_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_swap v2, v9, s[26:27] offset:8
global_atomic_swap v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_swap v8, v[2:3], v4, off offset:8 sc0
global_atomic_swap v[2:3], v4, off offset:8
global_atomic_swap_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_swap_x2 v[2:3], v[4:5], off offset:8
global_atomic_swap_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_swap_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_umax v2, v9, s[26:27] offset:8
global_atomic_umax v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_umax v8, v[2:3], v4, off offset:8 sc0
global_atomic_umax v[2:3], v4, off offset:8
global_atomic_umax_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_umax_x2 v[2:3], v[4:5], off offset:8
global_atomic_umax_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_umax_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_umin v2, v9, s[26:27] offset:8
global_atomic_umin v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_umin v8, v[2:3], v4, off offset:8 sc0
global_atomic_umin v[2:3], v4, off offset:8
global_atomic_umin_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_umin_x2 v[2:3], v[4:5], off offset:8
global_atomic_umin_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_umin_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_atomic_xor v2, v9, s[26:27] offset:8
global_atomic_xor v4, v2, v9, s[26:27] offset:8 sc0
global_atomic_xor v8, v[2:3], v4, off offset:8 sc0
global_atomic_xor v[2:3], v4, off offset:8
global_atomic_xor_x2 v2, v[8:9], s[26:27] offset:8
global_atomic_xor_x2 v[2:3], v[4:5], off offset:8
global_atomic_xor_x2 v[4:5], v2, v[8:9], s[26:27] offset:8 sc0
global_atomic_xor_x2 v[8:9], v[2:3], v[4:5], off offset:8 sc0
global_load_dword v4, v2, s[26:27] offset:8
global_load_dword v8, v[2:3], off offset:8
global_load_dwordx2 v[4:5], v2, s[26:27] offset:8
global_load_dwordx2 v[8:9], v[2:3], off offset:8
global_load_dwordx3 v[4:6], v2, s[26:27] offset:8
global_load_dwordx3 v[8:10], v[2:3], off offset:8
global_load_dwordx4 v[4:7], v2, s[26:27] offset:8
global_load_dwordx4 v[8:11], v[2:3], off offset:8
global_load_lds_dword v2, s[26:27] offset:8
global_load_lds_dword v[2:3], off offset:8
global_load_lds_dwordx3 v2, s[26:27] offset:8
global_load_lds_dwordx3 v[2:3], off offset:8
global_load_lds_dwordx4 v2, s[26:27] offset:8
global_load_lds_dwordx4 v[2:3], off offset:8
global_load_lds_sbyte v2, s[26:27] offset:8
global_load_lds_sbyte v[2:3], off offset:8
global_load_lds_sshort v2, s[26:27] offset:8
global_load_lds_sshort v[2:3], off offset:8
global_load_lds_ubyte v2, s[26:27] offset:8
global_load_lds_ubyte v[2:3], off offset:8
global_load_lds_ushort v2, s[26:27] offset:8
global_load_lds_ushort v[2:3], off offset:8
global_load_sbyte v4, v2, s[26:27] offset:8
global_load_sbyte v8, v[2:3], off offset:8
global_load_sbyte_d16 v4, v2, s[26:27] offset:8
global_load_sbyte_d16 v8, v[2:3], off offset:8
global_load_sbyte_d16_hi v4, v2, s[26:27] offset:8
global_load_sbyte_d16_hi v8, v[2:3], off offset:8
global_load_short_d16 v4, v2, s[26:27] offset:8
global_load_short_d16 v8, v[2:3], off offset:8
global_load_short_d16_hi v4, v2, s[26:27] offset:8
global_load_short_d16_hi v8, v[2:3], off offset:8
global_load_sshort v4, v2, s[26:27] offset:8
global_load_sshort v8, v[2:3], off offset:8
global_load_ubyte v4, v2, s[26:27] offset:8
global_load_ubyte v8, v[2:3], off offset:8
global_load_ubyte_d16 v4, v2, s[26:27] offset:8
global_load_ubyte_d16 v8, v[2:3], off offset:8
global_load_ubyte_d16_hi v4, v2, s[26:27] offset:8
global_load_ubyte_d16_hi v8, v[2:3], off offset:8
global_load_ushort v4, v2, s[26:27] offset:8
global_load_ushort v8, v[2:3], off offset:8
global_store_byte v2, v9, s[26:27] offset:8
global_store_byte v[2:3], v4, off offset:8
global_store_byte_d16_hi v2, v9, s[26:27] offset:8
global_store_byte_d16_hi v[2:3], v4, off offset:8
global_store_dword v2, v9, s[26:27] offset:8
global_store_dword v[2:3], v4, off offset:8
global_store_dwordx2 v2, v[8:9], s[26:27] offset:8
global_store_dwordx2 v[2:3], v[4:5], off offset:8
global_store_dwordx3 v2, v[8:10], s[26:27] offset:8
global_store_dwordx3 v[2:3], v[4:6], off offset:8
global_store_dwordx4 v2, v[8:11], s[26:27] offset:8
global_store_dwordx4 v[2:3], v[4:7], off offset:8
global_store_short v2, v9, s[26:27] offset:8
global_store_short v[2:3], v4, off offset:8
global_store_short_d16_hi v2, v9, s[26:27] offset:8
global_store_short_d16_hi v[2:3], v4, off offset:8
s_abs_i32 s0, s0
s_absdiff_i32 s0, s8, s0
s_add_i32 s0, s8, s0
s_add_u32 s0, s8, s0
s_addc_u32 s0, s8, s0
s_addk_i32 s0, 0x8
s_and_b32 s0, s8, s0
s_and_b64 s[0:1], s[8:9], s[0:1]
s_and_saveexec_b64 s[0:1], s[0:1]
s_andn1_saveexec_b64 s[8:9], s[2:3]
s_andn1_wrexec_b64 s[8:9], s[2:3]
s_andn2_b32 s0, s8, s0
s_andn2_b64 s[0:1], s[8:9], s[0:1]
s_andn2_saveexec_b64 s[8:9], s[2:3]
s_andn2_wrexec_b64 s[8:9], s[2:3]
s_ashr_i32 s0, s8, s0
s_ashr_i64 s[0:1], s[8:9], s0
s_atomic_add s4, s[16:17], 0x10
s_atomic_add s4, s[16:17], 0x10 glc
s_atomic_add s4, s[16:17], s2
s_atomic_add s4, s[16:17], s2 glc
s_atomic_add s4, s[16:17], s2 offset:0x10
s_atomic_add s4, s[16:17], s2 offset:0x10 glc
s_atomic_add_x2 s[4:5], s[16:17], 0x10
s_atomic_add_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_add_x2 s[4:5], s[16:17], s2
s_atomic_add_x2 s[4:5], s[16:17], s2 glc
s_atomic_add_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_add_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_and s4, s[16:17], 0x10
s_atomic_and s4, s[16:17], 0x10 glc
s_atomic_and s4, s[16:17], s2
s_atomic_and s4, s[16:17], s2 glc
s_atomic_and s4, s[16:17], s2 offset:0x10
s_atomic_and s4, s[16:17], s2 offset:0x10 glc
s_atomic_and_x2 s[4:5], s[16:17], 0x10
s_atomic_and_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_and_x2 s[4:5], s[16:17], s2
s_atomic_and_x2 s[4:5], s[16:17], s2 glc
s_atomic_and_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_and_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_cmpswap s[4:5], s[16:17], 0x10
s_atomic_cmpswap s[4:5], s[16:17], 0x10 glc
s_atomic_cmpswap s[4:5], s[16:17], s2
s_atomic_cmpswap s[4:5], s[16:17], s2 glc
s_atomic_cmpswap s[4:5], s[16:17], s2 offset:0x10
s_atomic_cmpswap s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_cmpswap_x2 s[4:7], s[16:17], 0x10
s_atomic_cmpswap_x2 s[4:7], s[16:17], 0x10 glc
s_atomic_cmpswap_x2 s[4:7], s[16:17], s2
s_atomic_cmpswap_x2 s[4:7], s[16:17], s2 glc
s_atomic_cmpswap_x2 s[4:7], s[16:17], s2 offset:0x10
s_atomic_cmpswap_x2 s[4:7], s[16:17], s2 offset:0x10 glc
s_atomic_dec s4, s[16:17], 0x10
s_atomic_dec s4, s[16:17], 0x10 glc
s_atomic_dec s4, s[16:17], s2
s_atomic_dec s4, s[16:17], s2 glc
s_atomic_dec s4, s[16:17], s2 offset:0x10
s_atomic_dec s4, s[16:17], s2 offset:0x10 glc
s_atomic_dec_x2 s[4:5], s[16:17], 0x10
s_atomic_dec_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_dec_x2 s[4:5], s[16:17], s2
s_atomic_dec_x2 s[4:5], s[16:17], s2 glc
s_atomic_dec_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_dec_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_inc s4, s[16:17], 0x10
s_atomic_inc s4, s[16:17], 0x10 glc
s_atomic_inc s4, s[16:17], s2
s_atomic_inc s4, s[16:17], s2 glc
s_atomic_inc s4, s[16:17], s2 offset:0x10
s_atomic_inc s4, s[16:17], s2 offset:0x10 glc
s_atomic_inc_x2 s[4:5], s[16:17], 0x10
s_atomic_inc_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_inc_x2 s[4:5], s[16:17], s2
s_atomic_inc_x2 s[4:5], s[16:17], s2 glc
s_atomic_inc_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_inc_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_or s4, s[16:17], 0x10
s_atomic_or s4, s[16:17], 0x10 glc
s_atomic_or s4, s[16:17], s2
s_atomic_or s4, s[16:17], s2 glc
s_atomic_or s4, s[16:17], s2 offset:0x10
s_atomic_or s4, s[16:17], s2 offset:0x10 glc
s_atomic_or_x2 s[4:5], s[16:17], 0x10
s_atomic_or_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_or_x2 s[4:5], s[16:17], s2
s_atomic_or_x2 s[4:5], s[16:17], s2 glc
s_atomic_or_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_or_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_smax s4, s[16:17], 0x10
s_atomic_smax s4, s[16:17], 0x10 glc
s_atomic_smax s4, s[16:17], s2
s_atomic_smax s4, s[16:17], s2 glc
s_atomic_smax s4, s[16:17], s2 offset:0x10
s_atomic_smax s4, s[16:17], s2 offset:0x10 glc
s_atomic_smax_x2 s[4:5], s[16:17], 0x10
s_atomic_smax_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_smax_x2 s[4:5], s[16:17], s2
s_atomic_smax_x2 s[4:5], s[16:17], s2 glc
s_atomic_smax_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_smax_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_smin s4, s[16:17], 0x10
s_atomic_smin s4, s[16:17], 0x10 glc
s_atomic_smin s4, s[16:17], s2
s_atomic_smin s4, s[16:17], s2 glc
s_atomic_smin s4, s[16:17], s2 offset:0x10
s_atomic_smin s4, s[16:17], s2 offset:0x10 glc
s_atomic_smin_x2 s[4:5], s[16:17], 0x10
s_atomic_smin_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_smin_x2 s[4:5], s[16:17], s2
s_atomic_smin_x2 s[4:5], s[16:17], s2 glc
s_atomic_smin_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_smin_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_sub s4, s[16:17], 0x10
s_atomic_sub s4, s[16:17], 0x10 glc
s_atomic_sub s4, s[16:17], s2
s_atomic_sub s4, s[16:17], s2 glc
s_atomic_sub s4, s[16:17], s2 offset:0x10
s_atomic_sub s4, s[16:17], s2 offset:0x10 glc
s_atomic_sub_x2 s[4:5], s[16:17], 0x10
s_atomic_sub_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_sub_x2 s[4:5], s[16:17], s2
s_atomic_sub_x2 s[4:5], s[16:17], s2 glc
s_atomic_sub_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_sub_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_swap s4, s[16:17], 0x10
s_atomic_swap s4, s[16:17], 0x10 glc
s_atomic_swap s4, s[16:17], s2
s_atomic_swap s4, s[16:17], s2 glc
s_atomic_swap s4, s[16:17], s2 offset:0x10
s_atomic_swap s4, s[16:17], s2 offset:0x10 glc
s_atomic_swap_x2 s[4:5], s[16:17], 0x10
s_atomic_swap_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_swap_x2 s[4:5], s[16:17], s2
s_atomic_swap_x2 s[4:5], s[16:17], s2 glc
s_atomic_swap_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_swap_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_umax s4, s[16:17], 0x10
s_atomic_umax s4, s[16:17], 0x10 glc
s_atomic_umax s4, s[16:17], s2
s_atomic_umax s4, s[16:17], s2 glc
s_atomic_umax s4, s[16:17], s2 offset:0x10
s_atomic_umax s4, s[16:17], s2 offset:0x10 glc
s_atomic_umax_x2 s[4:5], s[16:17], 0x10
s_atomic_umax_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_umax_x2 s[4:5], s[16:17], s2
s_atomic_umax_x2 s[4:5], s[16:17], s2 glc
s_atomic_umax_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_umax_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_umin s4, s[16:17], 0x10
s_atomic_umin s4, s[16:17], 0x10 glc
s_atomic_umin s4, s[16:17], s2
s_atomic_umin s4, s[16:17], s2 glc
s_atomic_umin s4, s[16:17], s2 offset:0x10
s_atomic_umin s4, s[16:17], s2 offset:0x10 glc
s_atomic_umin_x2 s[4:5], s[16:17], 0x10
s_atomic_umin_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_umin_x2 s[4:5], s[16:17], s2
s_atomic_umin_x2 s[4:5], s[16:17], s2 glc
s_atomic_umin_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_umin_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_atomic_xor s4, s[16:17], 0x10
s_atomic_xor s4, s[16:17], 0x10 glc
s_atomic_xor s4, s[16:17], s2
s_atomic_xor s4, s[16:17], s2 glc
s_atomic_xor s4, s[16:17], s2 offset:0x10
s_atomic_xor s4, s[16:17], s2 offset:0x10 glc
s_atomic_xor_x2 s[4:5], s[16:17], 0x10
s_atomic_xor_x2 s[4:5], s[16:17], 0x10 glc
s_atomic_xor_x2 s[4:5], s[16:17], s2
s_atomic_xor_x2 s[4:5], s[16:17], s2 glc
s_atomic_xor_x2 s[4:5], s[16:17], s2 offset:0x10
s_atomic_xor_x2 s[4:5], s[16:17], s2 offset:0x10 glc
s_barrier
s_bcnt0_i32_b32 s8, s2
s_bcnt0_i32_b64 s8, s[2:3]
s_bcnt1_i32_b32 s8, s2
s_bcnt1_i32_b64 s8, s[2:3]
s_bfe_i32 s0, s8, s0
s_bfe_i64 s[0:1], s[8:9], s0
s_bfe_u32 s0, s8, s0
s_bfe_u64 s[0:1], s[8:9], s0
s_bfm_b32 s0, s8, s0
s_bfm_b64 s[0:1], s8, s0
s_bitcmp0_b32 s8, s0
s_bitcmp0_b64 s[8:9], s0
s_bitcmp1_b32 s8, s0
s_bitcmp1_b64 s[8:9], s0
s_bitreplicate_b64_b32 s[8:9], s2
s_bitset0_b32 s8, s2
s_bitset0_b64 s[8:9], s2
s_bitset1_b32 s8, s2
s_bitset1_b64 s[8:9], s2
s_branch 8
s_brev_b32 s8, s2
s_brev_b64 s[8:9], s[2:3]
s_buffer_atomic_add s4, s[16:19], 0x10
s_buffer_atomic_add s4, s[16:19], 0x10 glc
s_buffer_atomic_add s4, s[16:19], s2
s_buffer_atomic_add s4, s[16:19], s2 glc
s_buffer_atomic_add s4, s[16:19], s2 offset:0x10
s_buffer_atomic_add s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_add_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_add_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_add_x2 s[4:5], s[16:19], s2
s_buffer_atomic_add_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_add_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_add_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_and s4, s[16:19], 0x10
s_buffer_atomic_and s4, s[16:19], 0x10 glc
s_buffer_atomic_and s4, s[16:19], s2
s_buffer_atomic_and s4, s[16:19], s2 glc
s_buffer_atomic_and s4, s[16:19], s2 offset:0x10
s_buffer_atomic_and s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_and_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_and_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_and_x2 s[4:5], s[16:19], s2
s_buffer_atomic_and_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_and_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_and_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_cmpswap s[4:5], s[16:19], 0x10
s_buffer_atomic_cmpswap s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_cmpswap s[4:5], s[16:19], s2
s_buffer_atomic_cmpswap s[4:5], s[16:19], s2 glc
s_buffer_atomic_cmpswap s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_cmpswap s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_cmpswap_x2 s[4:7], s[16:19], 0x10
s_buffer_atomic_cmpswap_x2 s[4:7], s[16:19], 0x10 glc
s_buffer_atomic_cmpswap_x2 s[4:7], s[16:19], s2
s_buffer_atomic_cmpswap_x2 s[4:7], s[16:19], s2 glc
s_buffer_atomic_cmpswap_x2 s[4:7], s[16:19], s2 offset:0x10
s_buffer_atomic_cmpswap_x2 s[4:7], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_dec s4, s[16:19], 0x10
s_buffer_atomic_dec s4, s[16:19], 0x10 glc
s_buffer_atomic_dec s4, s[16:19], s2
s_buffer_atomic_dec s4, s[16:19], s2 glc
s_buffer_atomic_dec s4, s[16:19], s2 offset:0x10
s_buffer_atomic_dec s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_dec_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_dec_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_dec_x2 s[4:5], s[16:19], s2
s_buffer_atomic_dec_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_dec_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_dec_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_inc s4, s[16:19], 0x10
s_buffer_atomic_inc s4, s[16:19], 0x10 glc
s_buffer_atomic_inc s4, s[16:19], s2
s_buffer_atomic_inc s4, s[16:19], s2 glc
s_buffer_atomic_inc s4, s[16:19], s2 offset:0x10
s_buffer_atomic_inc s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_inc_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_inc_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_inc_x2 s[4:5], s[16:19], s2
s_buffer_atomic_inc_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_inc_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_inc_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_or s4, s[16:19], 0x10
s_buffer_atomic_or s4, s[16:19], 0x10 glc
s_buffer_atomic_or s4, s[16:19], s2
s_buffer_atomic_or s4, s[16:19], s2 glc
s_buffer_atomic_or s4, s[16:19], s2 offset:0x10
s_buffer_atomic_or s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_or_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_or_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_or_x2 s[4:5], s[16:19], s2
s_buffer_atomic_or_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_or_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_or_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_smax s4, s[16:19], 0x10
s_buffer_atomic_smax s4, s[16:19], 0x10 glc
s_buffer_atomic_smax s4, s[16:19], s2
s_buffer_atomic_smax s4, s[16:19], s2 glc
s_buffer_atomic_smax s4, s[16:19], s2 offset:0x10
s_buffer_atomic_smax s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_smax_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_smax_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_smax_x2 s[4:5], s[16:19], s2
s_buffer_atomic_smax_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_smax_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_smax_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_smin s4, s[16:19], 0x10
s_buffer_atomic_smin s4, s[16:19], 0x10 glc
s_buffer_atomic_smin s4, s[16:19], s2
s_buffer_atomic_smin s4, s[16:19], s2 glc
s_buffer_atomic_smin s4, s[16:19], s2 offset:0x10
s_buffer_atomic_smin s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_smin_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_smin_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_smin_x2 s[4:5], s[16:19], s2
s_buffer_atomic_smin_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_smin_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_smin_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_sub s4, s[16:19], 0x10
s_buffer_atomic_sub s4, s[16:19], 0x10 glc
s_buffer_atomic_sub s4, s[16:19], s2
s_buffer_atomic_sub s4, s[16:19], s2 glc
s_buffer_atomic_sub s4, s[16:19], s2 offset:0x10
s_buffer_atomic_sub s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_sub_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_sub_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_sub_x2 s[4:5], s[16:19], s2
s_buffer_atomic_sub_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_sub_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_sub_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_swap s4, s[16:19], 0x10
s_buffer_atomic_swap s4, s[16:19], 0x10 glc
s_buffer_atomic_swap s4, s[16:19], s2
s_buffer_atomic_swap s4, s[16:19], s2 glc
s_buffer_atomic_swap s4, s[16:19], s2 offset:0x10
s_buffer_atomic_swap s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_swap_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_swap_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_swap_x2 s[4:5], s[16:19], s2
s_buffer_atomic_swap_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_swap_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_swap_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_umax s4, s[16:19], 0x10
s_buffer_atomic_umax s4, s[16:19], 0x10 glc
s_buffer_atomic_umax s4, s[16:19], s2
s_buffer_atomic_umax s4, s[16:19], s2 glc
s_buffer_atomic_umax s4, s[16:19], s2 offset:0x10
s_buffer_atomic_umax s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_umax_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_umax_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_umax_x2 s[4:5], s[16:19], s2
s_buffer_atomic_umax_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_umax_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_umax_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_umin s4, s[16:19], 0x10
s_buffer_atomic_umin s4, s[16:19], 0x10 glc
s_buffer_atomic_umin s4, s[16:19], s2
s_buffer_atomic_umin s4, s[16:19], s2 glc
s_buffer_atomic_umin s4, s[16:19], s2 offset:0x10
s_buffer_atomic_umin s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_umin_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_umin_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_umin_x2 s[4:5], s[16:19], s2
s_buffer_atomic_umin_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_umin_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_umin_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_atomic_xor s4, s[16:19], 0x10
s_buffer_atomic_xor s4, s[16:19], 0x10 glc
s_buffer_atomic_xor s4, s[16:19], s2
s_buffer_atomic_xor s4, s[16:19], s2 glc
s_buffer_atomic_xor s4, s[16:19], s2 offset:0x10
s_buffer_atomic_xor s4, s[16:19], s2 offset:0x10 glc
s_buffer_atomic_xor_x2 s[4:5], s[16:19], 0x10
s_buffer_atomic_xor_x2 s[4:5], s[16:19], 0x10 glc
s_buffer_atomic_xor_x2 s[4:5], s[16:19], s2
s_buffer_atomic_xor_x2 s[4:5], s[16:19], s2 glc
s_buffer_atomic_xor_x2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_atomic_xor_x2 s[4:5], s[16:19], s2 offset:0x10 glc
s_buffer_load_dword s0, s[16:19], 0x10
s_buffer_load_dword s0, s[16:19], s2
s_buffer_load_dword s0, s[16:19], s2 offset:0x10
s_buffer_load_dwordx16 s[0:15], s[16:19], 0x10
s_buffer_load_dwordx16 s[0:15], s[16:19], s2
s_buffer_load_dwordx16 s[0:15], s[16:19], s2 offset:0x10
s_buffer_load_dwordx2 s[0:1], s[16:19], 0x10
s_buffer_load_dwordx2 s[0:1], s[16:19], s2
s_buffer_load_dwordx2 s[0:1], s[16:19], s2 offset:0x10
s_buffer_load_dwordx4 s[0:3], s[16:19], 0x10
s_buffer_load_dwordx4 s[0:3], s[16:19], s2
s_buffer_load_dwordx4 s[0:3], s[16:19], s2 offset:0x10
s_buffer_load_dwordx8 s[0:7], s[16:19], 0x10
s_buffer_load_dwordx8 s[0:7], s[16:19], s2
s_buffer_load_dwordx8 s[0:7], s[16:19], s2 offset:0x10
s_buffer_store_dword s4, s[16:19], 0x10
s_buffer_store_dword s4, s[16:19], s2
s_buffer_store_dword s4, s[16:19], s2 offset:0x10
s_buffer_store_dwordx2 s[4:5], s[16:19], 0x10
s_buffer_store_dwordx2 s[4:5], s[16:19], s2
s_buffer_store_dwordx2 s[4:5], s[16:19], s2 offset:0x10
s_buffer_store_dwordx4 s[4:7], s[16:19], 0x10
s_buffer_store_dwordx4 s[4:7], s[16:19], s2
s_buffer_store_dwordx4 s[4:7], s[16:19], s2 offset:0x10
s_call_b64 s[0:1], 8
s_cbranch_execnz 8
s_cbranch_execz 8
s_cbranch_scc0 8
s_cbranch_scc1 8
s_cbranch_vccnz 8
s_cbranch_vccz 8
s_cmov_b32 s0, s8
s_cmov_b64 s[0:1], s[0:1]
s_cmovk_i32 s0, 0x8
s_cmp_eq_i32 s8, s0
s_cmp_eq_u32 s8, s0
s_cmp_eq_u64 s[8:9], s[0:1]
s_cmp_ge_i32 s8, s0
s_cmp_ge_u32 s8, s0
s_cmp_gt_i32 s8, s0
s_cmp_gt_u32 s8, s0
s_cmp_le_i32 s8, s0
s_cmp_le_u32 s8, s0
s_cmp_lg_i32 s8, s0
s_cmp_lg_u32 s8, s0
s_cmp_lg_u64 s[8:9], s[0:1]
s_cmp_lt_i32 s8, s0
s_cmp_lt_u32 s8, s0
s_cmpk_eq_i32 s0, 0x8
s_cmpk_eq_u32 s0, 0x8
s_cmpk_ge_i32 s0, 0x8
s_cmpk_ge_u32 s0, 0x8
s_cmpk_gt_i32 s0, 0x8
s_cmpk_gt_u32 s0, 0x8
s_cmpk_le_i32 s0, 0x8
s_cmpk_le_u32 s0, 0x8
s_cmpk_lg_i32 s0, 0x8
s_cmpk_lg_u32 s0, 0x8
s_cmpk_lt_i32 s0, 0x8
s_cmpk_lt_u32 s0, 0x8
s_cselect_b32 s0, s8, s0
s_cselect_b64 s[0:1], s[8:9], s[0:1]
s_dcache_inv
s_dcache_inv_vol
s_dcache_wb
s_dcache_wb_vol
s_decperflevel 8
s_endpgm 8
s_endpgm_saved
s_ff0_i32_b32 s8, s2
s_ff0_i32_b64 s8, s[2:3]
s_ff1_i32_b32 s0, s0
s_ff1_i32_b64 s8, s[2:3]
s_flbit_i32 s8, s2
s_flbit_i32_b32 s8, s2
s_flbit_i32_b64 s8, s[2:3]
s_flbit_i32_i64 s8, s[2:3]
s_getpc_b64 s[8:9]
s_getreg_b32 s0, hwreg(8, 0, 1)
s_icache_inv
s_incperflevel 8
s_load_dword s0, s[16:17], 0x10
s_load_dword s0, s[16:17], s2
s_load_dword s0, s[16:17], s2 offset:0x10
s_load_dwordx16 s[0:15], s[16:17], 0x10
s_load_dwordx16 s[0:15], s[16:17], s2
s_load_dwordx16 s[0:15], s[16:17], s2 offset:0x10
s_load_dwordx2 s[0:1], s[16:17], 0x10
s_load_dwordx2 s[0:1], s[16:17], s2
s_load_dwordx2 s[0:1], s[16:17], s2 offset:0x10
s_load_dwordx4 s[0:3], s[16:17], 0x10
s_load_dwordx4 s[0:3], s[16:17], s2
s_load_dwordx4 s[0:3], s[16:17], s2 offset:0x10
s_load_dwordx8 s[0:7], s[16:17], 0x10
s_load_dwordx8 s[0:7], s[16:17], s2
s_load_dwordx8 s[0:7], s[16:17], s2 offset:0x10
s_lshl1_add_u32 s0, s8, s0
s_lshl2_add_u32 s0, s8, s0
s_lshl3_add_u32 s0, s8, s0
s_lshl4_add_u32 s0, s8, s0
s_lshl_b32 s0, s8, s0
s_lshl_b64 s[0:1], s[8:9], s0
s_lshr_b32 s0, s8, s0
s_lshr_b64 s[0:1], s[8:9], s0
s_max_i32 s0, s8, s0
s_max_u32 s0, s8, s0
s_memrealtime s[0:1]
s_memtime s[0:1]
s_min_i32 s0, s8, s0
s_min_u32 s0, s8, s0
s_mov_b32 s0, s8
s_mov_b64 s[0:1], s[0:1]
s_movk_i32 s0, 0x8
s_movreld_b32 s8, s2
s_movreld_b64 s[8:9], s[2:3]
s_movrels_b32 s8, s2
s_movrels_b64 s[8:9], s[2:3]
s_mul_hi_i32 s0, s8, s0
s_mul_hi_u32 s0, s8, s0
s_mul_i32 s0, s8, s0
s_mulk_i32 s0, 0x8
s_nand_b32 s0, s8, s0
s_nand_b64 s[0:1], s[8:9], s[0:1]
s_nand_saveexec_b64 s[8:9], s[2:3]
s_nop 8
s_nor_b32 s0, s8, s0
s_nor_b64 s[0:1], s[8:9], s[0:1]
s_nor_saveexec_b64 s[8:9], s[2:3]
s_not_b32 s0, s2
s_not_b64 s[8:9], s[2:3]
s_or_b32 s0, s8, s0
s_or_b64 s[0:1], s[8:9], s[0:1]
s_or_saveexec_b64 s[8:9], s[2:3]
s_orn1_saveexec_b64 s[8:9], s[2:3]
s_orn2_b32 s0, s8, s0
s_orn2_b64 s[0:1], s[8:9], s[0:1]
s_orn2_saveexec_b64 s[8:9], s[2:3]
s_pack_hh_b32_b16 s0, s8, s0
s_pack_lh_b32_b16 s0, s8, s0
s_pack_ll_b32_b16 s0, s8, s0
s_quadmask_b32 s8, s2
s_quadmask_b64 s[8:9], s[2:3]
s_sendmsg sendmsg(MSG_EARLY_PRIM_DEALLOC)
s_set_gpr_idx_idx s2
s_set_gpr_idx_mode gpr_idx(DST)
s_set_gpr_idx_off
s_set_gpr_idx_on s8, gpr_idx()
s_sethalt 8
s_setkill 8
s_setpc_b64 s[2:3]
s_setprio 8
s_setreg_b32 hwreg(8, 0, 1), s0
s_setreg_imm32_b32 hwreg(8, 0, 1), 0x41a0902
s_setvskip s8, s0
s_sext_i32_i16 s8, s2
s_sext_i32_i8 s8, s2
s_sleep 8
s_store_dword s4, s[16:17], 0x10
s_store_dword s4, s[16:17], s2
s_store_dword s4, s[16:17], s2 offset:0x10
s_store_dwordx2 s[4:5], s[16:17], 0x10
s_store_dwordx2 s[4:5], s[16:17], s2
s_store_dwordx2 s[4:5], s[16:17], s2 offset:0x10
s_store_dwordx4 s[4:7], s[16:17], 0x10
s_store_dwordx4 s[4:7], s[16:17], s2
s_store_dwordx4 s[4:7], s[16:17], s2 offset:0x10
s_sub_i32 s0, s8, s0
s_sub_u32 s0, s8, s0
s_subb_u32 s0, s8, s0
s_swappc_b64 s[8:9], s[2:3]
s_trap 8
s_ttracedata
s_waitcnt vmcnt(8) expcnt(0) lgkmcnt(0)
s_wakeup
s_wqm_b32 s8, s2
s_wqm_b64 s[8:9], s[2:3]
s_xnor_b32 s0, s8, s0
s_xnor_b64 s[0:1], s[8:9], s[0:1]
s_xnor_saveexec_b64 s[8:9], s[2:3]
s_xor_b32 s0, s8, s0
s_xor_b64 s[0:1], s[8:9], s[0:1]
s_xor_saveexec_b64 s[8:9], s[2:3]
scratch_load_dword v4, off, s26 offset:8
scratch_load_dword v4, v2, s26 offset:-4096
scratch_load_dword v8, off, off offset:8
scratch_load_dword v8, v2, off offset:-4096
scratch_load_dwordx2 v[4:5], off, s26 offset:8
scratch_load_dwordx2 v[4:5], v2, s26 offset:-4096
scratch_load_dwordx2 v[8:9], off, off offset:8
scratch_load_dwordx2 v[8:9], v2, off offset:-4096
scratch_load_dwordx3 v[4:6], off, s26 offset:8
scratch_load_dwordx3 v[4:6], v2, s26 offset:-4096
scratch_load_dwordx3 v[8:10], off, off offset:8
scratch_load_dwordx3 v[8:10], v2, off offset:-4096
scratch_load_dwordx4 v[4:7], off, s26 offset:8
scratch_load_dwordx4 v[4:7], v2, s26 offset:-4096
scratch_load_dwordx4 v[8:11], off, off offset:8
scratch_load_dwordx4 v[8:11], v2, off offset:-4096
scratch_load_lds_dword off, off offset:8
scratch_load_lds_dword off, s26 offset:8
scratch_load_lds_dword v2, off offset:-4096
scratch_load_lds_dword v2, s26 offset:-4096
scratch_load_lds_sbyte off, off offset:8
scratch_load_lds_sbyte off, s26 offset:8
scratch_load_lds_sbyte v2, off offset:-4096
scratch_load_lds_sbyte v2, s26 offset:-4096
scratch_load_lds_sshort off, off offset:8
scratch_load_lds_sshort off, s26 offset:8
scratch_load_lds_sshort v2, off offset:-4096
scratch_load_lds_sshort v2, s26 offset:-4096
scratch_load_lds_ubyte off, off offset:8
scratch_load_lds_ubyte off, s26 offset:8
scratch_load_lds_ubyte v2, off offset:-4096
scratch_load_lds_ubyte v2, s26 offset:-4096
scratch_load_lds_ushort off, off offset:8
scratch_load_lds_ushort off, s26 offset:8
scratch_load_lds_ushort v2, off offset:-4096
scratch_load_lds_ushort v2, s26 offset:-4096
scratch_load_sbyte v4, off, s26 offset:8
scratch_load_sbyte v4, v2, s26 offset:-4096
scratch_load_sbyte v8, off, off offset:8
scratch_load_sbyte v8, v2, off offset:-4096
scratch_load_sbyte_d16 v4, off, s26 offset:8
scratch_load_sbyte_d16 v4, v2, s26 offset:-4096
scratch_load_sbyte_d16 v8, off, off offset:8
scratch_load_sbyte_d16 v8, v2, off offset:-4096
scratch_load_sbyte_d16_hi v4, off, s26 offset:8
scratch_load_sbyte_d16_hi v4, v2, s26 offset:-4096
scratch_load_sbyte_d16_hi v8, off, off offset:8
scratch_load_sbyte_d16_hi v8, v2, off offset:-4096
scratch_load_short_d16 v4, off, s26 offset:8
scratch_load_short_d16 v4, v2, s26 offset:-4096
scratch_load_short_d16 v8, off, off offset:8
scratch_load_short_d16 v8, v2, off offset:-4096
scratch_load_short_d16_hi v4, off, s26 offset:8
scratch_load_short_d16_hi v4, v2, s26 offset:-4096
scratch_load_short_d16_hi v8, off, off offset:8
scratch_load_short_d16_hi v8, v2, off offset:-4096
scratch_load_sshort v4, off, s26 offset:8
scratch_load_sshort v4, v2, s26 offset:-4096
scratch_load_sshort v8, off, off offset:8
scratch_load_sshort v8, v2, off offset:-4096
scratch_load_ubyte v4, off, s26 offset:8
scratch_load_ubyte v4, v2, s26 offset:-4096
scratch_load_ubyte v8, off, off offset:8
scratch_load_ubyte v8, v2, off offset:-4096
scratch_load_ubyte_d16 v4, off, s26 offset:8
scratch_load_ubyte_d16 v4, v2, s26 offset:-4096
scratch_load_ubyte_d16 v8, off, off offset:8
scratch_load_ubyte_d16 v8, v2, off offset:-4096
scratch_load_ubyte_d16_hi v4, off, s26 offset:8
scratch_load_ubyte_d16_hi v4, v2, s26 offset:-4096
scratch_load_ubyte_d16_hi v8, off, off offset:8
scratch_load_ubyte_d16_hi v8, v2, off offset:-4096
scratch_load_ushort v4, off, s26 offset:8
scratch_load_ushort v4, v2, s26 offset:-4096
scratch_load_ushort v8, off, off offset:8
scratch_load_ushort v8, v2, off offset:-4096
scratch_store_byte off, v4, off offset:8
scratch_store_byte off, v9, s26 offset:8
scratch_store_byte v2, v4, off offset:-4096
scratch_store_byte v2, v9, s26 offset:-4096
scratch_store_byte_d16_hi off, v4, off offset:8
scratch_store_byte_d16_hi off, v9, s26 offset:8
scratch_store_byte_d16_hi v2, v4, off offset:-4096
scratch_store_byte_d16_hi v2, v9, s26 offset:-4096
scratch_store_dword off, v4, off offset:8
scratch_store_dword off, v9, s26 offset:8
scratch_store_dword v2, v4, off offset:-4096
scratch_store_dword v2, v9, s26 offset:-4096
scratch_store_dwordx2 off, v[4:5], off offset:8
scratch_store_dwordx2 off, v[8:9], s26 offset:8
scratch_store_dwordx2 v2, v[4:5], off offset:-4096
scratch_store_dwordx2 v2, v[8:9], s26 offset:-4096
scratch_store_dwordx3 off, v[4:6], off offset:8
scratch_store_dwordx3 off, v[8:10], s26 offset:8
scratch_store_dwordx3 v2, v[4:6], off offset:-4096
scratch_store_dwordx3 v2, v[8:10], s26 offset:-4096
scratch_store_dwordx4 off, v[4:7], off offset:8
scratch_store_dwordx4 off, v[8:11], s26 offset:8
scratch_store_dwordx4 v2, v[4:7], off offset:-4096
scratch_store_dwordx4 v2, v[8:11], s26 offset:-4096
scratch_store_short off, v4, off offset:8
scratch_store_short off, v9, s26 offset:8
scratch_store_short v2, v4, off offset:-4096
scratch_store_short v2, v9, s26 offset:-4096
scratch_store_short_d16_hi off, v4, off offset:8
scratch_store_short_d16_hi off, v9, s26 offset:8
scratch_store_short_d16_hi v2, v4, off offset:-4096
scratch_store_short_d16_hi v2, v9, s26 offset:-4096
v_accvgpr_mov_b32 a8, a2
v_accvgpr_read_b32 v8, a2
v_accvgpr_write_b32 a8, v2
v_add3_u32 v8, v2, v4, v6
v_add_co_u32_dpp v0, vcc, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_add_co_u32_e32 v0, vcc, s8, v0
v_add_co_u32_e64 v8, s[0:1], v2, v4
v_add_co_u32_sdwa v0, vcc, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_add_f16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_add_f16_e32 v0, s8, v0
v_add_f16_e64 v8, v2, v4
v_add_f16_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_add_f32_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_add_f32_e32 v0, s8, v0
v_add_f32_e64 v8, v2, v4
v_add_f32_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_add_f64 v[8:9], v[2:3], v[4:5]
v_add_i16 v8, v2, v4
v_add_i32 v8, v2, v4
v_add_lshl_u32 v8, v2, v4, v6
v_add_u16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_add_u16_e32 v0, s8, v0
v_add_u16_e64 v8, v2, v4
v_add_u16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_add_u32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_add_u32_e32 v0, s8, v0
v_add_u32_e64 v8, v2, v4
v_add_u32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_addc_co_u32_dpp v0, vcc, v2, v2, vcc quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_addc_co_u32_e32 v0, vcc, v8, v0, vcc
v_addc_co_u32_e64 v8, s[0:1], v2, v4, s[6:7]
v_addc_co_u32_sdwa v0, vcc, v2, v2, vcc dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_alignbit_b32 v8, v2, v4, v6
v_alignbyte_b32 v8, v2, v4, v6
v_and_b32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_and_b32_e32 v0, s8, v0
v_and_b32_e64 v8, v2, v4
v_and_b32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_and_or_b32 v8, v2, v4, v6
v_ashr_pk_i8_i32 v8, v2, v4, v6
v_ashr_pk_u8_i32 v8, v2, v4, v6
v_ashrrev_i16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_ashrrev_i16_e32 v0, s8, v0
v_ashrrev_i16_e64 v8, v2, v4
v_ashrrev_i16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_ashrrev_i32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_ashrrev_i32_e32 v0, s8, v0
v_ashrrev_i32_e64 v8, v2, v4
v_ashrrev_i32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_ashrrev_i64 v[8:9], v2, v[4:5]
v_bcnt_u32_b32 v8, v2, v4
v_bfe_i32 v8, v2, v4, v6
v_bfe_u32 v8, v2, v4, v6
v_bfi_b32 v8, v2, v4, v6
v_bfm_b32 v8, v2, v4
v_bfrev_b32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_bfrev_b32_e32 v8, v2
v_bfrev_b32_e64 v8, v2
v_bfrev_b32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_bitop3_b16 v8, v2, v4, v6
v_bitop3_b32 v8, v2, v4, v6
v_ceil_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_ceil_f16_e32 v8, v2
v_ceil_f16_e64 v8, v2
v_ceil_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_ceil_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_ceil_f32_e32 v8, v2
v_ceil_f32_e64 v8, v2
v_ceil_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_ceil_f64_e32 v[0:1], s[0:1]
v_ceil_f64_e64 v[8:9], v[2:3]
v_clrexcp
v_cmp_class_f16_e32 vcc, s8, v0
v_cmp_class_f16_e64 s[8:9], v2, v4
v_cmp_class_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_class_f32_e32 vcc, s8, v0
v_cmp_class_f32_e64 s[8:9], v2, v4
v_cmp_class_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_class_f64_e32 vcc, s[8:9], v0
v_cmp_class_f64_e64 s[8:9], v[2:3], v4
v_cmp_eq_f16_e32 vcc, s8, v0
v_cmp_eq_f16_e64 s[8:9], v2, v4
v_cmp_eq_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_eq_f32_e32 vcc, s8, v0
v_cmp_eq_f32_e64 s[8:9], v2, v4
v_cmp_eq_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_eq_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_eq_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_eq_i16_e32 vcc, s8, v0
v_cmp_eq_i16_e64 s[8:9], v2, v4
v_cmp_eq_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_eq_i32_e32 vcc, s8, v0
v_cmp_eq_i32_e64 s[8:9], v2, v4
v_cmp_eq_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_eq_i64_e32 vcc, s[8:9], v[0:1]
v_cmp_eq_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_eq_u16_e32 vcc, s8, v0
v_cmp_eq_u16_e64 s[8:9], v2, v4
v_cmp_eq_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_eq_u32_e32 vcc, s8, v0
v_cmp_eq_u32_e64 s[8:9], v2, v4
v_cmp_eq_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_eq_u64_e32 vcc, s[8:9], v[0:1]
v_cmp_eq_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_f_f16_e32 vcc, s8, v0
v_cmp_f_f16_e64 s[8:9], v2, v4
v_cmp_f_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_f_f32_e32 vcc, s8, v0
v_cmp_f_f32_e64 s[8:9], v2, v4
v_cmp_f_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_f_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_f_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_f_i16_e32 vcc, s8, v0
v_cmp_f_i16_e64 s[8:9], v2, v4
v_cmp_f_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_f_i32_e32 vcc, s8, v0
v_cmp_f_i32_e64 s[8:9], v2, v4
v_cmp_f_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_f_i64_e32 vcc, s[8:9], v[0:1]
v_cmp_f_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_f_u16_e32 vcc, s8, v0
v_cmp_f_u16_e64 s[8:9], v2, v4
v_cmp_f_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_f_u32_e32 vcc, s8, v0
v_cmp_f_u32_e64 s[8:9], v2, v4
v_cmp_f_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_f_u64_e32 vcc, s[8:9], v[0:1]
v_cmp_f_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_ge_f16_e32 vcc, s8, v0
v_cmp_ge_f16_e64 s[8:9], v2, v4
v_cmp_ge_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ge_f32_e32 vcc, s8, v0
v_cmp_ge_f32_e64 s[8:9], v2, v4
v_cmp_ge_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ge_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_ge_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_ge_i16_e32 vcc, s8, v0
v_cmp_ge_i16_e64 s[8:9], v2, v4
v_cmp_ge_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ge_i32_e32 vcc, s8, v0
v_cmp_ge_i32_e64 s[8:9], v2, v4
v_cmp_ge_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ge_i64_e32 vcc, s[8:9], v[0:1]
v_cmp_ge_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_ge_u16_e32 vcc, s8, v0
v_cmp_ge_u16_e64 s[8:9], v2, v4
v_cmp_ge_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ge_u32_e32 vcc, s8, v0
v_cmp_ge_u32_e64 s[8:9], v2, v4
v_cmp_ge_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ge_u64_e32 vcc, s[8:9], v[0:1]
v_cmp_ge_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_gt_f16_e32 vcc, s8, v0
v_cmp_gt_f16_e64 s[8:9], v2, v4
v_cmp_gt_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_gt_f32_e32 vcc, s8, v0
v_cmp_gt_f32_e64 s[8:9], v2, v4
v_cmp_gt_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_gt_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_gt_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_gt_i16_e32 vcc, s8, v0
v_cmp_gt_i16_e64 s[8:9], v2, v4
v_cmp_gt_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_gt_i32_e32 vcc, s8, v0
v_cmp_gt_i32_e64 s[8:9], v2, v4
v_cmp_gt_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_gt_i64_e32 vcc, s[8:9], v[0:1]
v_cmp_gt_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_gt_u16_e32 vcc, s8, v0
v_cmp_gt_u16_e64 s[8:9], v2, v4
v_cmp_gt_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_gt_u32_e32 vcc, s8, v0
v_cmp_gt_u32_e64 s[8:9], v2, v4
v_cmp_gt_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_gt_u64_e32 vcc, s[8:9], v[0:1]
v_cmp_gt_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_le_f16_e32 vcc, s8, v0
v_cmp_le_f16_e64 s[8:9], v2, v4
v_cmp_le_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_le_f32_e32 vcc, s8, v0
v_cmp_le_f32_e64 s[8:9], v2, v4
v_cmp_le_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_le_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_le_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_le_i16_e32 vcc, s8, v0
v_cmp_le_i16_e64 s[8:9], v2, v4
v_cmp_le_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_le_i32_e32 vcc, s8, v0
v_cmp_le_i32_e64 s[8:9], v2, v4
v_cmp_le_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_le_i64_e32 vcc, s[8:9], v[0:1]
v_cmp_le_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_le_u16_e32 vcc, s8, v0
v_cmp_le_u16_e64 s[8:9], v2, v4
v_cmp_le_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_le_u32_e32 vcc, s8, v0
v_cmp_le_u32_e64 s[8:9], v2, v4
v_cmp_le_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_le_u64_e32 vcc, s[8:9], v[0:1]
v_cmp_le_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_lg_f16_e32 vcc, s8, v0
v_cmp_lg_f16_e64 s[8:9], v2, v4
v_cmp_lg_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_lg_f32_e32 vcc, s8, v0
v_cmp_lg_f32_e64 s[8:9], v2, v4
v_cmp_lg_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_lg_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_lg_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_lt_f16_e32 vcc, s8, v0
v_cmp_lt_f16_e64 s[8:9], v2, v4
v_cmp_lt_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_lt_f32_e32 vcc, s8, v0
v_cmp_lt_f32_e64 s[8:9], v2, v4
v_cmp_lt_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_lt_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_lt_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_lt_i16_e32 vcc, s8, v0
v_cmp_lt_i16_e64 s[8:9], v2, v4
v_cmp_lt_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_lt_i32_e32 vcc, s8, v0
v_cmp_lt_i32_e64 s[8:9], v2, v4
v_cmp_lt_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_lt_i64_e32 vcc, s[8:9], v[0:1]
v_cmp_lt_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_lt_u16_e32 vcc, s8, v0
v_cmp_lt_u16_e64 s[8:9], v2, v4
v_cmp_lt_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_lt_u32_e32 vcc, s8, v0
v_cmp_lt_u32_e64 s[8:9], v2, v4
v_cmp_lt_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_lt_u64_e32 vcc, s[8:9], v[0:1]
v_cmp_lt_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_ne_i16_e32 vcc, s8, v0
v_cmp_ne_i16_e64 s[8:9], v2, v4
v_cmp_ne_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ne_i32_e32 vcc, s8, v0
v_cmp_ne_i32_e64 s[8:9], v2, v4
v_cmp_ne_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ne_i64_e32 vcc, s[8:9], v[0:1]
v_cmp_ne_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_ne_u16_e32 vcc, s8, v0
v_cmp_ne_u16_e64 s[8:9], v2, v4
v_cmp_ne_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ne_u32_e32 vcc, s8, v0
v_cmp_ne_u32_e64 s[8:9], v2, v4
v_cmp_ne_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ne_u64_e32 vcc, s[8:9], v[0:1]
v_cmp_ne_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_neq_f16_e32 vcc, s8, v0
v_cmp_neq_f16_e64 s[8:9], v2, v4
v_cmp_neq_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_neq_f32_e32 vcc, s8, v0
v_cmp_neq_f32_e64 s[8:9], v2, v4
v_cmp_neq_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_neq_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_neq_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_nge_f16_e32 vcc, s8, v0
v_cmp_nge_f16_e64 s[8:9], v2, v4
v_cmp_nge_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_nge_f32_e32 vcc, s8, v0
v_cmp_nge_f32_e64 s[8:9], v2, v4
v_cmp_nge_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_nge_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_nge_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_ngt_f16_e32 vcc, s8, v0
v_cmp_ngt_f16_e64 s[8:9], v2, v4
v_cmp_ngt_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ngt_f32_e32 vcc, s8, v0
v_cmp_ngt_f32_e64 s[8:9], v2, v4
v_cmp_ngt_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_ngt_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_ngt_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_nle_f16_e32 vcc, s8, v0
v_cmp_nle_f16_e64 s[8:9], v2, v4
v_cmp_nle_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_nle_f32_e32 vcc, s8, v0
v_cmp_nle_f32_e64 s[8:9], v2, v4
v_cmp_nle_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_nle_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_nle_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_nlg_f16_e32 vcc, s8, v0
v_cmp_nlg_f16_e64 s[8:9], v2, v4
v_cmp_nlg_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_nlg_f32_e32 vcc, s8, v0
v_cmp_nlg_f32_e64 s[8:9], v2, v4
v_cmp_nlg_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_nlg_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_nlg_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_nlt_f16_e32 vcc, s8, v0
v_cmp_nlt_f16_e64 s[8:9], v2, v4
v_cmp_nlt_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_nlt_f32_e32 vcc, s8, v0
v_cmp_nlt_f32_e64 s[8:9], v2, v4
v_cmp_nlt_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_nlt_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_nlt_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_o_f16_e32 vcc, s8, v0
v_cmp_o_f16_e64 s[8:9], v2, v4
v_cmp_o_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_o_f32_e32 vcc, s8, v0
v_cmp_o_f32_e64 s[8:9], v2, v4
v_cmp_o_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_o_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_o_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_t_i16_e32 vcc, s8, v0
v_cmp_t_i16_e64 s[8:9], v2, v4
v_cmp_t_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_t_i32_e32 vcc, s8, v0
v_cmp_t_i32_e64 s[8:9], v2, v4
v_cmp_t_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_t_i64_e32 vcc, s[8:9], v[0:1]
v_cmp_t_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_t_u16_e32 vcc, s8, v0
v_cmp_t_u16_e64 s[8:9], v2, v4
v_cmp_t_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_t_u32_e32 vcc, s8, v0
v_cmp_t_u32_e64 s[8:9], v2, v4
v_cmp_t_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_t_u64_e32 vcc, s[8:9], v[0:1]
v_cmp_t_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_tru_f16_e32 vcc, s8, v0
v_cmp_tru_f16_e64 s[8:9], v2, v4
v_cmp_tru_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_tru_f32_e32 vcc, s8, v0
v_cmp_tru_f32_e64 s[8:9], v2, v4
v_cmp_tru_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_tru_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_tru_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmp_u_f16_e32 vcc, s8, v0
v_cmp_u_f16_e64 s[8:9], v2, v4
v_cmp_u_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_u_f32_e32 vcc, s8, v0
v_cmp_u_f32_e64 s[8:9], v2, v4
v_cmp_u_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmp_u_f64_e32 vcc, s[8:9], v[0:1]
v_cmp_u_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_class_f16_e32 vcc, s8, v0
v_cmpx_class_f16_e64 s[8:9], v2, v4
v_cmpx_class_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_class_f32_e32 vcc, s8, v0
v_cmpx_class_f32_e64 s[8:9], v2, v4
v_cmpx_class_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_class_f64_e32 vcc, s[8:9], v0
v_cmpx_class_f64_e64 s[8:9], v[2:3], v4
v_cmpx_eq_f16_e32 vcc, s8, v0
v_cmpx_eq_f16_e64 s[8:9], v2, v4
v_cmpx_eq_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_eq_f32_e32 vcc, s8, v0
v_cmpx_eq_f32_e64 s[8:9], v2, v4
v_cmpx_eq_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_eq_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_eq_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_eq_i16_e32 vcc, s8, v0
v_cmpx_eq_i16_e64 s[8:9], v2, v4
v_cmpx_eq_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_eq_i32_e32 vcc, s8, v0
v_cmpx_eq_i32_e64 s[8:9], v2, v4
v_cmpx_eq_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_eq_i64_e32 vcc, s[8:9], v[0:1]
v_cmpx_eq_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_eq_u16_e32 vcc, s8, v0
v_cmpx_eq_u16_e64 s[8:9], v2, v4
v_cmpx_eq_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_eq_u32_e32 vcc, s8, v0
v_cmpx_eq_u32_e64 s[8:9], v2, v4
v_cmpx_eq_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_eq_u64_e32 vcc, s[8:9], v[0:1]
v_cmpx_eq_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_f_f16_e32 vcc, s8, v0
v_cmpx_f_f16_e64 s[8:9], v2, v4
v_cmpx_f_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_f_f32_e32 vcc, s8, v0
v_cmpx_f_f32_e64 s[8:9], v2, v4
v_cmpx_f_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_f_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_f_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_f_i16_e32 vcc, s8, v0
v_cmpx_f_i16_e64 s[8:9], v2, v4
v_cmpx_f_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_f_i32_e32 vcc, s8, v0
v_cmpx_f_i32_e64 s[8:9], v2, v4
v_cmpx_f_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_f_i64_e32 vcc, s[8:9], v[0:1]
v_cmpx_f_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_f_u16_e32 vcc, s8, v0
v_cmpx_f_u16_e64 s[8:9], v2, v4
v_cmpx_f_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_f_u32_e32 vcc, s8, v0
v_cmpx_f_u32_e64 s[8:9], v2, v4
v_cmpx_f_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_f_u64_e32 vcc, s[8:9], v[0:1]
v_cmpx_f_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_ge_f16_e32 vcc, s8, v0
v_cmpx_ge_f16_e64 s[8:9], v2, v4
v_cmpx_ge_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ge_f32_e32 vcc, s8, v0
v_cmpx_ge_f32_e64 s[8:9], v2, v4
v_cmpx_ge_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ge_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_ge_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_ge_i16_e32 vcc, s8, v0
v_cmpx_ge_i16_e64 s[8:9], v2, v4
v_cmpx_ge_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ge_i32_e32 vcc, s8, v0
v_cmpx_ge_i32_e64 s[8:9], v2, v4
v_cmpx_ge_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ge_i64_e32 vcc, s[8:9], v[0:1]
v_cmpx_ge_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_ge_u16_e32 vcc, s8, v0
v_cmpx_ge_u16_e64 s[8:9], v2, v4
v_cmpx_ge_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ge_u32_e32 vcc, s8, v0
v_cmpx_ge_u32_e64 s[8:9], v2, v4
v_cmpx_ge_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ge_u64_e32 vcc, s[8:9], v[0:1]
v_cmpx_ge_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_gt_f16_e32 vcc, s8, v0
v_cmpx_gt_f16_e64 s[8:9], v2, v4
v_cmpx_gt_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_gt_f32_e32 vcc, s8, v0
v_cmpx_gt_f32_e64 s[8:9], v2, v4
v_cmpx_gt_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_gt_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_gt_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_gt_i16_e32 vcc, s8, v0
v_cmpx_gt_i16_e64 s[8:9], v2, v4
v_cmpx_gt_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_gt_i32_e32 vcc, s8, v0
v_cmpx_gt_i32_e64 s[8:9], v2, v4
v_cmpx_gt_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_gt_i64_e32 vcc, s[8:9], v[0:1]
v_cmpx_gt_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_gt_u16_e32 vcc, s8, v0
v_cmpx_gt_u16_e64 s[8:9], v2, v4
v_cmpx_gt_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_gt_u32_e32 vcc, s8, v0
v_cmpx_gt_u32_e64 s[8:9], v2, v4
v_cmpx_gt_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_gt_u64_e32 vcc, s[8:9], v[0:1]
v_cmpx_gt_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_le_f16_e32 vcc, s8, v0
v_cmpx_le_f16_e64 s[8:9], v2, v4
v_cmpx_le_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_le_f32_e32 vcc, s8, v0
v_cmpx_le_f32_e64 s[8:9], v2, v4
v_cmpx_le_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_le_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_le_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_le_i16_e32 vcc, s8, v0
v_cmpx_le_i16_e64 s[8:9], v2, v4
v_cmpx_le_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_le_i32_e32 vcc, s8, v0
v_cmpx_le_i32_e64 s[8:9], v2, v4
v_cmpx_le_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_le_i64_e32 vcc, s[8:9], v[0:1]
v_cmpx_le_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_le_u16_e32 vcc, s8, v0
v_cmpx_le_u16_e64 s[8:9], v2, v4
v_cmpx_le_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_le_u32_e32 vcc, s8, v0
v_cmpx_le_u32_e64 s[8:9], v2, v4
v_cmpx_le_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_le_u64_e32 vcc, s[8:9], v[0:1]
v_cmpx_le_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_lg_f16_e32 vcc, s8, v0
v_cmpx_lg_f16_e64 s[8:9], v2, v4
v_cmpx_lg_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_lg_f32_e32 vcc, s8, v0
v_cmpx_lg_f32_e64 s[8:9], v2, v4
v_cmpx_lg_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_lg_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_lg_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_lt_f16_e32 vcc, s8, v0
v_cmpx_lt_f16_e64 s[8:9], v2, v4
v_cmpx_lt_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_lt_f32_e32 vcc, s8, v0
v_cmpx_lt_f32_e64 s[8:9], v2, v4
v_cmpx_lt_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_lt_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_lt_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_lt_i16_e32 vcc, s8, v0
v_cmpx_lt_i16_e64 s[8:9], v2, v4
v_cmpx_lt_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_lt_i32_e32 vcc, s8, v0
v_cmpx_lt_i32_e64 s[8:9], v2, v4
v_cmpx_lt_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_lt_i64_e32 vcc, s[8:9], v[0:1]
v_cmpx_lt_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_lt_u16_e32 vcc, s8, v0
v_cmpx_lt_u16_e64 s[8:9], v2, v4
v_cmpx_lt_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_lt_u32_e32 vcc, s8, v0
v_cmpx_lt_u32_e64 s[8:9], v2, v4
v_cmpx_lt_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_lt_u64_e32 vcc, s[8:9], v[0:1]
v_cmpx_lt_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_ne_i16_e32 vcc, s8, v0
v_cmpx_ne_i16_e64 s[8:9], v2, v4
v_cmpx_ne_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ne_i32_e32 vcc, s8, v0
v_cmpx_ne_i32_e64 s[8:9], v2, v4
v_cmpx_ne_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ne_i64_e32 vcc, s[8:9], v[0:1]
v_cmpx_ne_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_ne_u16_e32 vcc, s8, v0
v_cmpx_ne_u16_e64 s[8:9], v2, v4
v_cmpx_ne_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ne_u32_e32 vcc, s8, v0
v_cmpx_ne_u32_e64 s[8:9], v2, v4
v_cmpx_ne_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ne_u64_e32 vcc, s[8:9], v[0:1]
v_cmpx_ne_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_neq_f16_e32 vcc, s8, v0
v_cmpx_neq_f16_e64 s[8:9], v2, v4
v_cmpx_neq_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_neq_f32_e32 vcc, s8, v0
v_cmpx_neq_f32_e64 s[8:9], v2, v4
v_cmpx_neq_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_neq_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_neq_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_nge_f16_e32 vcc, s8, v0
v_cmpx_nge_f16_e64 s[8:9], v2, v4
v_cmpx_nge_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_nge_f32_e32 vcc, s8, v0
v_cmpx_nge_f32_e64 s[8:9], v2, v4
v_cmpx_nge_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_nge_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_nge_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_ngt_f16_e32 vcc, s8, v0
v_cmpx_ngt_f16_e64 s[8:9], v2, v4
v_cmpx_ngt_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ngt_f32_e32 vcc, s8, v0
v_cmpx_ngt_f32_e64 s[8:9], v2, v4
v_cmpx_ngt_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_ngt_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_ngt_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_nle_f16_e32 vcc, s8, v0
v_cmpx_nle_f16_e64 s[8:9], v2, v4
v_cmpx_nle_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_nle_f32_e32 vcc, s8, v0
v_cmpx_nle_f32_e64 s[8:9], v2, v4
v_cmpx_nle_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_nle_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_nle_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_nlg_f16_e32 vcc, s8, v0
v_cmpx_nlg_f16_e64 s[8:9], v2, v4
v_cmpx_nlg_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_nlg_f32_e32 vcc, s8, v0
v_cmpx_nlg_f32_e64 s[8:9], v2, v4
v_cmpx_nlg_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_nlg_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_nlg_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_nlt_f16_e32 vcc, s8, v0
v_cmpx_nlt_f16_e64 s[8:9], v2, v4
v_cmpx_nlt_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_nlt_f32_e32 vcc, s8, v0
v_cmpx_nlt_f32_e64 s[8:9], v2, v4
v_cmpx_nlt_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_nlt_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_nlt_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_o_f16_e32 vcc, s8, v0
v_cmpx_o_f16_e64 s[8:9], v2, v4
v_cmpx_o_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_o_f32_e32 vcc, s8, v0
v_cmpx_o_f32_e64 s[8:9], v2, v4
v_cmpx_o_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_o_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_o_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_t_i16_e32 vcc, s8, v0
v_cmpx_t_i16_e64 s[8:9], v2, v4
v_cmpx_t_i16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_t_i32_e32 vcc, s8, v0
v_cmpx_t_i32_e64 s[8:9], v2, v4
v_cmpx_t_i32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_t_i64_e32 vcc, s[8:9], v[0:1]
v_cmpx_t_i64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_t_u16_e32 vcc, s8, v0
v_cmpx_t_u16_e64 s[8:9], v2, v4
v_cmpx_t_u16_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_t_u32_e32 vcc, s8, v0
v_cmpx_t_u32_e64 s[8:9], v2, v4
v_cmpx_t_u32_sdwa vcc, v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_t_u64_e32 vcc, s[8:9], v[0:1]
v_cmpx_t_u64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_tru_f16_e32 vcc, s8, v0
v_cmpx_tru_f16_e64 s[8:9], v2, v4
v_cmpx_tru_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_tru_f32_e32 vcc, s8, v0
v_cmpx_tru_f32_e64 s[8:9], v2, v4
v_cmpx_tru_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_tru_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_tru_f64_e64 s[8:9], v[2:3], v[4:5]
v_cmpx_u_f16_e32 vcc, s8, v0
v_cmpx_u_f16_e64 s[8:9], v2, v4
v_cmpx_u_f16_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_u_f32_e32 vcc, s8, v0
v_cmpx_u_f32_e64 s[8:9], v2, v4
v_cmpx_u_f32_sdwa vcc, -v2, v2 src0_sel:BYTE_2 src1_sel:BYTE_0
v_cmpx_u_f64_e32 vcc, s[8:9], v[0:1]
v_cmpx_u_f64_e64 s[8:9], v[2:3], v[4:5]
v_cndmask_b32_dpp v0, -v2, v2, vcc quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_cndmask_b32_e32 v0, v8, v0, vcc
v_cndmask_b32_e64 v8, v2, v4, s[6:7]
v_cndmask_b32_sdwa v0, -v2, v2, vcc dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_cos_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cos_f16_e32 v8, v2
v_cos_f16_e64 v8, v2
v_cos_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cos_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cos_f32_e32 v8, v2
v_cos_f32_e64 v8, v2
v_cos_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cubeid_f32 v8, v2, v4, v6
v_cvt_f16_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f16_f32_e32 v8, v2
v_cvt_f16_f32_e64 v8, v2
v_cvt_f16_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f16_i16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f16_i16_e32 v8, v2
v_cvt_f16_i16_e64 v8, v2
v_cvt_f16_i16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f16_u16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f16_u16_e32 v8, v2
v_cvt_f16_u16_e64 v8, v2
v_cvt_f16_u16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f32_bf16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f32_bf16_e32 v8, v2
v_cvt_f32_bf16_e64 v8, v2
v_cvt_f32_bf16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f32_bf8_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f32_bf8_e32 v8, v2
v_cvt_f32_bf8_e64 v8, v2
v_cvt_f32_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f32_f16_e32 v8, v2
v_cvt_f32_f16_e64 v8, v2
v_cvt_f32_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f32_f64_e32 v8, v[2:3]
v_cvt_f32_f64_e64 v8, v[2:3]
v_cvt_f32_fp8_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f32_fp8_e32 v8, v2
v_cvt_f32_fp8_e64 v8, v2
v_cvt_f32_i32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f32_i32_e32 v8, v2
v_cvt_f32_i32_e64 v8, v2
v_cvt_f32_i32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f32_u32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f32_u32_e32 v8, v2
v_cvt_f32_u32_e64 v8, v2
v_cvt_f32_u32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f32_ubyte0_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f32_ubyte0_e32 v8, v2
v_cvt_f32_ubyte0_e64 v8, v2
v_cvt_f32_ubyte0_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f32_ubyte1_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f32_ubyte1_e32 v8, v2
v_cvt_f32_ubyte1_e64 v8, v2
v_cvt_f32_ubyte1_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f32_ubyte2_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f32_ubyte2_e32 v8, v2
v_cvt_f32_ubyte2_e64 v8, v2
v_cvt_f32_ubyte2_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f32_ubyte3_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_f32_ubyte3_e32 v8, v2
v_cvt_f32_ubyte3_e64 v8, v2
v_cvt_f32_ubyte3_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_f64_f32_e32 v[0:1], s0
v_cvt_f64_f32_e64 v[8:9], v2
v_cvt_f64_i32_e32 v[8:9], v2
v_cvt_f64_i32_e64 v[8:9], v2
v_cvt_f64_u32_e32 v[8:9], v2
v_cvt_f64_u32_e64 v[8:9], v2
v_cvt_flr_i32_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_flr_i32_f32_e32 v8, v2
v_cvt_flr_i32_f32_e64 v8, v2
v_cvt_flr_i32_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_i16_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_i16_f16_e32 v8, v2
v_cvt_i16_f16_e64 v8, v2
v_cvt_i16_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_i32_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_i32_f32_e32 v0, s0
v_cvt_i32_f32_e64 v8, v2
v_cvt_i32_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_i32_f64_e32 v8, v[2:3]
v_cvt_i32_f64_e64 v8, v[2:3]
v_cvt_norm_i16_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_norm_i16_f16_e32 v8, v2
v_cvt_norm_i16_f16_e64 v8, v2
v_cvt_norm_i16_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_norm_u16_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_norm_u16_f16_e32 v8, v2
v_cvt_norm_u16_f16_e64 v8, v2
v_cvt_norm_u16_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_off_f32_i4_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_off_f32_i4_e32 v8, v2
v_cvt_off_f32_i4_e64 v8, v2
v_cvt_off_f32_i4_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_pk_bf16_f32 v8, v2, v4
v_cvt_pk_bf8_f32 v8, v2, v4
v_cvt_pk_f16_f32 v8, v2, v4
v_cvt_pk_f32_bf8_e32 v[8:9], v2
v_cvt_pk_f32_bf8_e64 v[8:9], v2
v_cvt_pk_f32_fp8_e32 v[8:9], v2
v_cvt_pk_f32_fp8_e64 v[8:9], v2
v_cvt_pk_fp8_f32 v8, v2, v4
v_cvt_pk_i16_i32 v8, v2, v4
v_cvt_pk_u16_u32 v8, v2, v4
v_cvt_pk_u8_f32 v8, v2, v4, v6
v_cvt_pknorm_i16_f16 v8, v2, v4
v_cvt_pknorm_i16_f32 v8, v2, v4
v_cvt_pknorm_u16_f16 v8, v2, v4
v_cvt_pknorm_u16_f32 v8, v2, v4
v_cvt_pkrtz_f16_f32 v8, v2, v4
v_cvt_rpi_i32_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_rpi_i32_f32_e32 v8, v2
v_cvt_rpi_i32_f32_e64 v8, v2
v_cvt_rpi_i32_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_scalef32_2xpk16_bf6_f32 v[8:13], v[2:17], v[4:19], v6
v_cvt_scalef32_2xpk16_fp6_f32 v[8:13], v[2:17], v[4:19], v6
v_cvt_scalef32_f16_bf8 v8, v2, v4
v_cvt_scalef32_f16_fp8 v8, v2, v4
v_cvt_scalef32_f32_bf8 v8, v2, v4
v_cvt_scalef32_f32_fp8 v8, v2, v4
v_cvt_scalef32_pk32_bf16_bf6 v[8:23], v[2:7], v4
v_cvt_scalef32_pk32_bf16_fp6 v[8:23], v[2:7], v4
v_cvt_scalef32_pk32_bf6_bf16 v[8:13], v[2:17], v4
v_cvt_scalef32_pk32_bf6_f16 v[8:13], v[2:17], v4
v_cvt_scalef32_pk32_f16_bf6 v[8:23], v[2:7], v4
v_cvt_scalef32_pk32_f16_fp6 v[8:23], v[2:7], v4
v_cvt_scalef32_pk32_f32_bf6 v[8:39], v[2:7], v4
v_cvt_scalef32_pk32_f32_fp6 v[8:39], v[2:7], v4
v_cvt_scalef32_pk32_fp6_bf16 v[8:13], v[2:17], v4
v_cvt_scalef32_pk32_fp6_f16 v[8:13], v[2:17], v4
v_cvt_scalef32_pk_bf16_bf8 v8, v2, v4
v_cvt_scalef32_pk_bf16_fp4 v8, v2, v4
v_cvt_scalef32_pk_bf16_fp8 v8, v2, v4
v_cvt_scalef32_pk_bf8_bf16 v8, v2, v4
v_cvt_scalef32_pk_bf8_f16 v8, v2, v4
v_cvt_scalef32_pk_bf8_f32 v8, v2, v4, v6
v_cvt_scalef32_pk_f16_bf8 v8, v2, v4
v_cvt_scalef32_pk_f16_fp4 v8, v2, v4
v_cvt_scalef32_pk_f16_fp8 v8, v2, v4
v_cvt_scalef32_pk_f32_bf8 v[8:9], v2, v4
v_cvt_scalef32_pk_f32_fp4 v[8:9], v2, v4
v_cvt_scalef32_pk_f32_fp8 v[8:9], v2, v4
v_cvt_scalef32_pk_fp4_bf16 v8, v2, v4
v_cvt_scalef32_pk_fp4_f16 v8, v2, v4
v_cvt_scalef32_pk_fp4_f32 v8, v2, v4, v6
v_cvt_scalef32_pk_fp8_bf16 v8, v2, v4
v_cvt_scalef32_pk_fp8_f16 v8, v2, v4
v_cvt_scalef32_pk_fp8_f32 v8, v2, v4, v6
v_cvt_scalef32_sr_bf8_bf16 v8, v2, v4, v6
v_cvt_scalef32_sr_bf8_f16 v8, v2, v4, v6
v_cvt_scalef32_sr_bf8_f32 v8, v2, v4, v6
v_cvt_scalef32_sr_fp8_bf16 v8, v2, v4, v6
v_cvt_scalef32_sr_fp8_f16 v8, v2, v4, v6
v_cvt_scalef32_sr_fp8_f32 v8, v2, v4, v6
v_cvt_scalef32_sr_pk32_bf6_bf16 v[8:13], v[2:17], v4, v6
v_cvt_scalef32_sr_pk32_bf6_f16 v[8:13], v[2:17], v4, v6
v_cvt_scalef32_sr_pk32_bf6_f32 v[8:13], v[2:33], v4, v6
v_cvt_scalef32_sr_pk32_fp6_bf16 v[8:13], v[2:17], v4, v6
v_cvt_scalef32_sr_pk32_fp6_f16 v[8:13], v[2:17], v4, v6
v_cvt_scalef32_sr_pk32_fp6_f32 v[8:13], v[2:33], v4, v6
v_cvt_scalef32_sr_pk_fp4_bf16 v8, v2, v4, v6
v_cvt_scalef32_sr_pk_fp4_f16 v8, v2, v4, v6
v_cvt_scalef32_sr_pk_fp4_f32 v8, v[2:3], v4, v6
v_cvt_sr_bf16_f32 v8, v2, v4
v_cvt_sr_bf8_f32 v8, v2, v4
v_cvt_sr_f16_f32 v8, v2, v4
v_cvt_sr_fp8_f32 v8, v2, v4
v_cvt_u16_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_u16_f16_e32 v8, v2
v_cvt_u16_f16_e64 v8, v2
v_cvt_u16_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_u32_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_cvt_u32_f32_e32 v8, v2
v_cvt_u32_f32_e64 v8, v2
v_cvt_u32_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_cvt_u32_f64_e32 v8, v[2:3]
v_cvt_u32_f64_e64 v8, v[2:3]
v_div_fixup_f16 v8, v2, v4, v6
v_div_fixup_f32 v8, v2, v4, v6
v_div_fixup_f64 v[8:9], v[2:3], v[4:5], v[6:7]
v_div_fixup_legacy_f16 v8, v2, v4, v6
v_div_fmas_f32 v8, v2, v4, v6
v_div_fmas_f64 v[8:9], v[2:3], v[4:5], v[6:7]
v_div_scale_f32 v8, s[0:1], v2, v4, v6
v_div_scale_f64 v[8:9], s[0:1], v[2:3], v[4:5], v[6:7]
v_dot2_f32_bf16 v8, v2, v4, v6
v_dot2_f32_f16 v8, v2, v4, v6
v_dot2_i32_i16 v8, v2, v4, v6
v_dot2_u32_u16 v8, v2, v4, v6
v_dot2c_f32_bf16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_dot2c_f32_bf16_e32 v0, s8, v0
v_dot2c_f32_bf16_e64 v8, v2, v4
v_dot2c_f32_f16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_dot2c_f32_f16_e32 v0, s8, v0
v_dot2c_f32_f16_e64 v8, v2, v4
v_dot2c_i32_i16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_dot2c_i32_i16_e32 v0, s8, v0
v_dot2c_i32_i16_e64 v8, v2, v4
v_dot4_i32_i8 v8, v2, v4, v6
v_dot4_u32_u8 v8, v2, v4, v6
v_dot4c_i32_i8_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_dot4c_i32_i8_e32 v0, s8, v0
v_dot4c_i32_i8_e64 v8, v2, v4
v_dot8_i32_i4 v8, v2, v4, v6
v_dot8_u32_u4 v8, v2, v4, v6
v_dot8c_i32_i4_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_dot8c_i32_i4_e32 v0, s8, v0
v_dot8c_i32_i4_e64 v8, v2, v4
v_exp_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_exp_f16_e32 v0, v8
v_exp_f16_e64 v8, v2
v_exp_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_exp_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_exp_f32_e32 v0, s8
v_exp_f32_e64 v8, v2
v_exp_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_exp_legacy_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_exp_legacy_f32_e32 v8, v2
v_exp_legacy_f32_e64 v8, v2
v_exp_legacy_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_ffbh_i32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_ffbh_i32_e32 v8, v2
v_ffbh_i32_e64 v8, v2
v_ffbh_i32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_ffbh_u32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_ffbh_u32_e32 v8, v2
v_ffbh_u32_e64 v8, v2
v_ffbh_u32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_ffbl_b32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_ffbl_b32_e32 v8, v2
v_ffbl_b32_e64 v8, v2
v_ffbl_b32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_floor_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_floor_f16_e32 v8, v2
v_floor_f16_e64 v8, v2
v_floor_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_floor_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_floor_f32_e32 v8, v2
v_floor_f32_e64 v8, v2
v_floor_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_floor_f64_e32 v[8:9], v[2:3]
v_floor_f64_e64 v[8:9], v[2:3]
v_fma_f16 v8, v2, v4, v6
v_fma_f32 v8, v2, v4, v6
v_fma_f64 v[8:9], v[2:3], v[4:5], v[6:7]
v_fma_legacy_f16 v8, v2, v4, v6
v_fma_mix_f32 v8, v2, v4, v6
v_fma_mixhi_f16 v8, v2, v4, v6
v_fma_mixlo_f16 v8, v2, v4, v6
v_fmaak_f32 v0, v8, v0, 0x41a0902
v_fmac_f32_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_fmac_f32_e32 v0, s8, v0
v_fmac_f32_e64 v8, v2, v4
v_fmac_f64_e32 v[0:1], s[8:9], v[0:1]
v_fmac_f64_e64 v[8:9], v[2:3], v[4:5]
v_fmamk_f32 v0, v8, 0x41a0902, v0
v_fract_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_fract_f16_e32 v8, v2
v_fract_f16_e64 v8, v2
v_fract_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_fract_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_fract_f32_e32 v8, v2
v_fract_f32_e64 v8, v2
v_fract_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_fract_f64_e32 v[8:9], v[2:3]
v_fract_f64_e64 v[8:9], v[2:3]
v_frexp_exp_i16_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_frexp_exp_i16_f16_e32 v8, v2
v_frexp_exp_i16_f16_e64 v8, v2
v_frexp_exp_i16_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_frexp_exp_i32_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_frexp_exp_i32_f32_e32 v8, v2
v_frexp_exp_i32_f32_e64 v8, v2
v_frexp_exp_i32_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_frexp_exp_i32_f64_e32 v8, v[2:3]
v_frexp_exp_i32_f64_e64 v8, v[2:3]
v_frexp_mant_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_frexp_mant_f16_e32 v8, v2
v_frexp_mant_f16_e64 v8, v2
v_frexp_mant_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_frexp_mant_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_frexp_mant_f32_e32 v8, v2
v_frexp_mant_f32_e64 v8, v2
v_frexp_mant_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_frexp_mant_f64_e32 v[8:9], v[2:3]
v_frexp_mant_f64_e64 v[8:9], v[2:3]
v_ldexp_f16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_ldexp_f16_e32 v0, s8, v0
v_ldexp_f16_e64 v8, v2, v4
v_ldexp_f16_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_ldexp_f32 v8, v2, v4
v_ldexp_f64 v[8:9], v[2:3], v4
v_lerp_u8 v8, v2, v4, v6
v_log_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_log_f16_e32 v0, s8
v_log_f16_e64 v8, v2
v_log_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_log_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_log_f32_e32 v8, v2
v_log_f32_e64 v8, v2
v_log_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_log_legacy_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_log_legacy_f32_e32 v8, v2
v_log_legacy_f32_e64 v8, v2
v_log_legacy_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_lshl_add_u32 v8, v2, v4, v6
v_lshl_add_u64 v[8:9], v[2:3], v4, v[6:7]
v_lshl_or_b32 v8, v2, v4, v6
v_lshlrev_b16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_lshlrev_b16_e32 v0, s8, v0
v_lshlrev_b16_e64 v8, v2, v4
v_lshlrev_b16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_lshlrev_b32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_lshlrev_b32_e32 v0, s8, v0
v_lshlrev_b32_e64 v8, v2, v4
v_lshlrev_b32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_lshlrev_b64 v[8:9], v2, v[4:5]
v_lshrrev_b16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_lshrrev_b16_e32 v0, s8, v0
v_lshrrev_b16_e64 v8, v2, v4
v_lshrrev_b16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_lshrrev_b32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_lshrrev_b32_e32 v0, s8, v0
v_lshrrev_b32_e64 v8, v2, v4
v_lshrrev_b32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_lshrrev_b64 v[8:9], v2, v[4:5]
v_mac_f16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_mac_f16_e32 v0, s8, v0
v_mac_f16_e64 v8, v2, v4
v_mad_f16 v8, v2, v4, v6
v_mad_i16 v8, v2, v4, v6
v_mad_i32_i16 v8, v2, v4, v6
v_mad_i32_i24 v8, v2, v4, v6
v_mad_i64_i32 v[8:9], s[0:1], v2, v4, v[6:7]
v_mad_legacy_f16 v8, v2, v4, v6
v_mad_legacy_i16 v8, v2, v4, v6
v_mad_legacy_u16 v8, v2, v4, v6
v_mad_u16 v8, v2, v4, v6
v_mad_u32_u16 v8, v2, v4, v6
v_mad_u32_u24 v8, v2, v4, v6
v_mad_u64_u32 v[8:9], s[0:1], v2, v4, v[6:7]
v_max3_f16 v8, v2, v4, v6
v_max3_f32 v8, v2, v4, v6
v_max3_i16 v8, v2, v4, v6
v_max3_i32 v8, v2, v4, v6
v_max3_u16 v8, v2, v4, v6
v_max3_u32 v8, v2, v4, v6
v_max_f16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_max_f16_e32 v0, s8, v0
v_max_f16_e64 v8, v2, v4
v_max_f16_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_max_f32_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_max_f32_e32 v0, s8, v0
v_max_f32_e64 v8, v2, v4
v_max_f32_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_max_f64 v[8:9], v[2:3], v[4:5]
v_max_i16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_max_i16_e32 v0, s8, v0
v_max_i16_e64 v8, v2, v4
v_max_i16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_max_i32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_max_i32_e32 v0, s8, v0
v_max_i32_e64 v8, v2, v4
v_max_i32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_max_u16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_max_u16_e32 v0, s8, v0
v_max_u16_e64 v8, v2, v4
v_max_u16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_max_u32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_max_u32_e32 v0, s8, v0
v_max_u32_e64 v8, v2, v4
v_max_u32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_maximum3_f32 v8, v2, v4, v6
v_mbcnt_hi_u32_b32 v8, v2, v4
v_mbcnt_lo_u32_b32 v8, v2, v4
v_med3_f16 v8, v2, v4, v6
v_med3_f32 v8, v2, v4, v6
v_med3_i16 v8, v2, v4, v6
v_med3_i32 v8, v2, v4, v6
v_med3_u16 v8, v2, v4, v6
v_med3_u32 v8, v2, v4, v6
v_mfma_f32_16x16x128_f8f6f4 a[8:11], v[2:7], v[4:11], a[6:9] cbsz:3
v_mfma_f32_16x16x128_f8f6f4 a[8:11], v[2:9], v[4:11], a[6:9]
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:19], v[24:27], v[4:7] cbsz:4 blgp:4
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:19], v[24:29], v[4:7] cbsz:4 blgp:2
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:19], v[24:29], v[4:7] cbsz:4 blgp:3
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:19], v[24:31], v[4:7] cbsz:4 blgp:0
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:19], v[24:31], v[4:7] cbsz:4 blgp:1
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:27], v[4:7] cbsz:2 blgp:4
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:27], v[4:7] cbsz:3 blgp:4
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:29], v[4:7] cbsz:2 blgp:2
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:29], v[4:7] cbsz:2 blgp:3
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:29], v[4:7] cbsz:3 blgp:2
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:29], v[4:7] cbsz:3 blgp:3
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:31], v[4:7] cbsz:2 blgp:0
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:31], v[4:7] cbsz:2 blgp:1
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:31], v[4:7] cbsz:3 blgp:0
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:31], v[4:7] cbsz:3 blgp:1
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:27], v[4:7] cbsz:0 blgp:4
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:27], v[4:7] cbsz:1 blgp:4
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:29], v[4:7] cbsz:0 blgp:2
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:29], v[4:7] cbsz:0 blgp:3
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:29], v[4:7] cbsz:1 blgp:2
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:29], v[4:7] cbsz:1 blgp:3
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:31], v[4:7] cbsz:0 blgp:0
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:31], v[4:7] cbsz:0 blgp:1
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:31], v[4:7] cbsz:1 blgp:0
v_mfma_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:31], v[4:7] cbsz:1 blgp:1
v_mfma_f32_16x16x128_f8f6f4 v[2:5], v[2:5], v[4:11], v[6:9] cbsz:4
v_mfma_f32_16x16x128_f8f6f4 v[8:11], v[2:7], v[4:11], v[6:9] cbsz:2
v_mfma_f32_16x16x128_f8f6f4 v[8:11], v[2:9], v[4:11], v[6:9]
v_mfma_f32_16x16x16_bf16 a[8:11], v[2:3], v[4:5], a[6:9]
v_mfma_f32_16x16x16_bf16 v[8:11], v[2:3], v[4:5], v[6:9]
v_mfma_f32_16x16x16_f16 a[8:11], v[2:3], v[4:5], a[6:9]
v_mfma_f32_16x16x16_f16 v[8:11], v[2:3], v[4:5], v[6:9]
v_mfma_f32_16x16x1_4b_f32 a[64:79], v2, v4, a[96:111]
v_mfma_f32_16x16x1_4b_f32 v[64:79], v2, v4, v[96:111]
v_mfma_f32_16x16x32_bf16 a[8:11], v[2:5], v[4:7], a[6:9]
v_mfma_f32_16x16x32_bf16 v[8:11], v[2:5], v[4:7], v[6:9]
v_mfma_f32_16x16x32_bf8_bf8 a[8:11], v[2:3], v[4:5], a[6:9]
v_mfma_f32_16x16x32_bf8_bf8 v[8:11], v[2:3], v[4:5], v[6:9]
v_mfma_f32_16x16x32_bf8_fp8 a[8:11], v[2:3], v[4:5], a[6:9]
v_mfma_f32_16x16x32_bf8_fp8 v[8:11], v[2:3], v[4:5], v[6:9]
v_mfma_f32_16x16x32_f16 a[8:11], v[2:5], v[4:7], a[6:9]
v_mfma_f32_16x16x32_f16 v[8:11], v[2:5], v[4:7], v[6:9]
v_mfma_f32_16x16x32_fp8_bf8 a[8:11], v[2:3], v[4:5], a[6:9]
v_mfma_f32_16x16x32_fp8_bf8 v[8:11], v[2:3], v[4:5], v[6:9]
v_mfma_f32_16x16x32_fp8_fp8 a[8:11], v[2:3], v[4:5], a[6:9]
v_mfma_f32_16x16x32_fp8_fp8 v[8:11], v[2:3], v[4:5], v[6:9]
v_mfma_f32_16x16x4_4b_bf16 a[64:79], v[2:3], v[4:5], a[96:111]
v_mfma_f32_16x16x4_4b_bf16 v[64:79], v[2:3], v[4:5], v[96:111]
v_mfma_f32_16x16x4_4b_f16 a[64:79], v[2:3], v[4:5], a[96:111]
v_mfma_f32_16x16x4_4b_f16 v[64:79], v[2:3], v[4:5], v[96:111]
v_mfma_f32_16x16x4_f32 a[8:11], v2, v4, a[6:9]
v_mfma_f32_16x16x4_f32 v[8:11], v2, v4, v[6:9]
v_mfma_f32_32x32x16_bf16 a[64:79], v[2:5], v[4:7], a[96:111]
v_mfma_f32_32x32x16_bf16 v[64:79], v[2:5], v[4:7], v[96:111]
v_mfma_f32_32x32x16_bf8_bf8 a[64:79], v[2:3], v[4:5], a[96:111]
v_mfma_f32_32x32x16_bf8_bf8 v[64:79], v[2:3], v[4:5], v[96:111]
v_mfma_f32_32x32x16_bf8_fp8 a[64:79], v[2:3], v[4:5], a[96:111]
v_mfma_f32_32x32x16_bf8_fp8 v[64:79], v[2:3], v[4:5], v[96:111]
v_mfma_f32_32x32x16_f16 a[64:79], v[2:5], v[4:7], a[96:111]
v_mfma_f32_32x32x16_f16 v[64:79], v[2:5], v[4:7], v[96:111]
v_mfma_f32_32x32x16_fp8_bf8 a[64:79], v[2:3], v[4:5], a[96:111]
v_mfma_f32_32x32x16_fp8_bf8 v[64:79], v[2:3], v[4:5], v[96:111]
v_mfma_f32_32x32x16_fp8_fp8 a[64:79], v[2:3], v[4:5], a[96:111]
v_mfma_f32_32x32x16_fp8_fp8 v[64:79], v[2:3], v[4:5], v[96:111]
v_mfma_f32_32x32x1_2b_f32 a[64:95], v2, v4, a[96:127]
v_mfma_f32_32x32x1_2b_f32 v[64:95], v2, v4, v[96:127]
v_mfma_f32_32x32x2_f32 a[64:79], v2, v4, a[96:111]
v_mfma_f32_32x32x2_f32 v[64:79], v2, v4, v[96:111]
v_mfma_f32_32x32x4_2b_bf16 a[64:95], v[2:3], v[4:5], a[96:127]
v_mfma_f32_32x32x4_2b_bf16 v[64:95], v[2:3], v[4:5], v[96:127]
v_mfma_f32_32x32x4_2b_f16 a[64:95], v[2:3], v[4:5], a[96:127]
v_mfma_f32_32x32x4_2b_f16 v[64:95], v[2:3], v[4:5], v[96:127]
v_mfma_f32_32x32x64_f8f6f4 a[8:23], v[2:7], v[4:11], a[6:21] cbsz:3
v_mfma_f32_32x32x64_f8f6f4 a[8:23], v[2:9], v[4:11], a[6:21]
v_mfma_f32_32x32x64_f8f6f4 v[2:17], v[2:5], v[4:11], v[6:21] cbsz:4
v_mfma_f32_32x32x64_f8f6f4 v[8:23], v[2:7], v[4:11], v[6:21] cbsz:2
v_mfma_f32_32x32x64_f8f6f4 v[8:23], v[2:9], v[4:11], v[6:21]
v_mfma_f32_32x32x8_bf16 a[64:79], v[2:3], v[4:5], a[96:111]
v_mfma_f32_32x32x8_bf16 v[64:79], v[2:3], v[4:5], v[96:111]
v_mfma_f32_32x32x8_f16 a[64:79], v[2:3], v[4:5], a[96:111]
v_mfma_f32_32x32x8_f16 v[64:79], v[2:3], v[4:5], v[96:111]
v_mfma_f32_4x4x1_16b_f32 a[8:11], v2, v4, a[6:9]
v_mfma_f32_4x4x1_16b_f32 v[8:11], v2, v4, v[6:9]
v_mfma_f32_4x4x4_16b_bf16 a[8:11], v[2:3], v[4:5], a[6:9]
v_mfma_f32_4x4x4_16b_bf16 v[8:11], v[2:3], v[4:5], v[6:9]
v_mfma_f32_4x4x4_16b_f16 a[8:11], v[2:3], v[4:5], a[6:9]
v_mfma_f32_4x4x4_16b_f16 v[8:11], v[2:3], v[4:5], v[6:9]
v_mfma_i32_16x16x32_i8 a[8:11], v[2:3], v[4:5], a[6:9]
v_mfma_i32_16x16x32_i8 v[8:11], v[2:3], v[4:5], v[6:9]
v_mfma_i32_16x16x4_4b_i8 a[64:79], v2, v4, a[96:111]
v_mfma_i32_16x16x4_4b_i8 v[64:79], v2, v4, v[96:111]
v_mfma_i32_16x16x64_i8 a[8:11], v[2:5], v[4:7], a[6:9]
v_mfma_i32_16x16x64_i8 v[8:11], v[2:5], v[4:7], v[6:9]
v_mfma_i32_32x32x16_i8 a[64:79], v[2:3], v[4:5], a[96:111]
v_mfma_i32_32x32x16_i8 v[64:79], v[2:3], v[4:5], v[96:111]
v_mfma_i32_32x32x32_i8 a[64:79], v[2:5], v[4:7], a[96:111]
v_mfma_i32_32x32x32_i8 v[64:79], v[2:5], v[4:7], v[96:111]
v_mfma_i32_32x32x4_2b_i8 a[64:95], v2, v4, a[96:127]
v_mfma_i32_32x32x4_2b_i8 v[64:95], v2, v4, v[96:127]
v_mfma_i32_4x4x4_16b_i8 a[8:11], v2, v4, a[6:9]
v_mfma_i32_4x4x4_16b_i8 v[8:11], v2, v4, v[6:9]
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:19], v[24:27], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:4 blgp:4
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:19], v[24:29], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:4 blgp:2
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:19], v[24:29], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:4 blgp:3
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:19], v[24:31], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:4 blgp:0
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:19], v[24:31], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:4 blgp:1
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:27], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:2 blgp:4
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:27], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:3 blgp:4
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:29], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:2 blgp:2
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:29], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:2 blgp:3
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:29], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:3 blgp:2
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:29], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:3 blgp:3
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:31], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:2 blgp:0
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:31], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:2 blgp:1
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:31], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:3 blgp:0
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:21], v[24:31], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:3 blgp:1
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:27], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:0 blgp:4
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:27], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:1 blgp:4
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:29], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:0 blgp:2
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:29], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:0 blgp:3
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:29], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:1 blgp:2
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:29], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:1 blgp:3
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:31], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:0 blgp:0
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:31], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:0 blgp:1
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:31], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:1 blgp:0
v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[16:23], v[24:31], v[4:7], v40, v41 op_sel:[1,0,0] op_sel_hi:[0,1,0] cbsz:1 blgp:1
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:19], v[24:27], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:4
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:19], v[24:29], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:2
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:19], v[24:29], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:3
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:19], v[24:31], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:0
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:19], v[24:31], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:4 blgp:1
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:21], v[24:27], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:2 blgp:4
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:21], v[24:27], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:3 blgp:4
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:21], v[24:29], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:2 blgp:2
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:21], v[24:29], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:2 blgp:3
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:21], v[24:29], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:3 blgp:2
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:21], v[24:29], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:3 blgp:3
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:21], v[24:31], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:2 blgp:0
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:21], v[24:31], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:2 blgp:1
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:21], v[24:31], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:3 blgp:0
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:21], v[24:31], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:3 blgp:1
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:23], v[24:27], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:0 blgp:4
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:23], v[24:27], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:1 blgp:4
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:23], v[24:29], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:0 blgp:2
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:23], v[24:29], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:0 blgp:3
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:23], v[24:29], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:1 blgp:2
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:23], v[24:29], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:1 blgp:3
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:23], v[24:31], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:0 blgp:0
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:23], v[24:31], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:0 blgp:1
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:23], v[24:31], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:1 blgp:0
v_mfma_scale_f32_32x32x64_f8f6f4 a[0:15], v[16:23], v[24:31], a[16:31], v40, v41 op_sel_hi:[0,0,0] cbsz:1 blgp:1
v_min3_f16 v8, v2, v4, v6
v_min3_f32 v8, v2, v4, v6
v_min3_i16 v8, v2, v4, v6
v_min3_i32 v8, v2, v4, v6
v_min3_u16 v8, v2, v4, v6
v_min3_u32 v8, v2, v4, v6
v_min_f16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_min_f16_e32 v0, s8, v0
v_min_f16_e64 v8, v2, v4
v_min_f16_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_min_f32_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_min_f32_e32 v0, s8, v0
v_min_f32_e64 v8, v2, v4
v_min_f32_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_min_f64 v[8:9], v[2:3], v[4:5]
v_min_i16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_min_i16_e32 v0, s8, v0
v_min_i16_e64 v8, v2, v4
v_min_i16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_min_i32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_min_i32_e32 v0, s8, v0
v_min_i32_e64 v8, v2, v4
v_min_i32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_min_u16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_min_u16_e32 v0, s8, v0
v_min_u16_e64 v8, v2, v4
v_min_u16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_min_u32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_min_u32_e32 v0, s8, v0
v_min_u32_e64 v8, v2, v4
v_min_u32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_minimum3_f32 v8, v2, v4, v6
v_mov_b32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_mov_b32_e32 v0, s8
v_mov_b32_e64 v8, v2
v_mov_b32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_mov_b64_e32 v[0:1], s[0:1]
v_mov_b64_e64 v[8:9], v[2:3]
v_msad_u8 v8, v2, v4, v6
v_mul_f16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_mul_f16_e32 v0, s8, v0
v_mul_f16_e64 v8, v2, v4
v_mul_f16_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_mul_f32_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_mul_f32_e32 v0, s8, v0
v_mul_f32_e64 v8, v2, v4
v_mul_f32_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_mul_f64 v[8:9], v[2:3], v[4:5]
v_mul_hi_i32 v8, v2, v4
v_mul_hi_i32_i24_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_mul_hi_i32_i24_e32 v0, s8, v0
v_mul_hi_i32_i24_e64 v8, v2, v4
v_mul_hi_i32_i24_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_mul_hi_u32 v8, v2, v4
v_mul_hi_u32_u24_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_mul_hi_u32_u24_e32 v0, s8, v0
v_mul_hi_u32_u24_e64 v8, v2, v4
v_mul_hi_u32_u24_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_mul_i32_i24_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_mul_i32_i24_e32 v0, s8, v0
v_mul_i32_i24_e64 v8, v2, v4
v_mul_i32_i24_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_mul_legacy_f32 v8, v2, v4
v_mul_lo_u16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_mul_lo_u16_e32 v0, s8, v0
v_mul_lo_u16_e64 v8, v2, v4
v_mul_lo_u16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_mul_lo_u32 v8, v2, v4
v_mul_u32_u24_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_mul_u32_u24_e32 v0, s8, v0
v_mul_u32_u24_e64 v8, v2, v4
v_mul_u32_u24_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_nop
v_not_b32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_not_b32_e32 v8, v2
v_not_b32_e64 v8, v2
v_not_b32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_or3_b32 v8, v2, v4, v6
v_or_b32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_or_b32_e32 v0, s8, v0
v_or_b32_e64 v8, v2, v4
v_or_b32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_pack_b32_f16 v8, v2, v4
v_perm_b32 v8, v2, v4, v6
v_permlane16_swap_b32_e32 v8, v2
v_permlane16_swap_b32_e64 v8, v2
v_permlane32_swap_b32_e32 v8, v2
v_permlane32_swap_b32_e64 v8, v2
v_pk_add_f16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_add_f32 v[8:9], v[2:3], v[4:5] op_sel_hi:[0,0]
v_pk_add_i16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_add_u16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_ashrrev_i16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_fma_f16 v8, v2, v4, v6 op_sel_hi:[0,0,0]
v_pk_fma_f32 v[8:9], v[2:3], v[4:5], v[6:7] op_sel_hi:[0,0,0]
v_pk_fmac_f16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_pk_fmac_f16_e32 v0, s8, v0
v_pk_fmac_f16_e64 v8, v2, v4
v_pk_fmac_f16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_pk_lshlrev_b16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_lshrrev_b16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_mad_i16 v8, v2, v4, v6 op_sel_hi:[0,0,0]
v_pk_mad_u16 v8, v2, v4, v6 op_sel_hi:[0,0,0]
v_pk_max_f16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_max_i16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_max_u16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_maximum3_f16 v8, v2, v4, v6 op_sel_hi:[0,0,0]
v_pk_min_f16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_min_i16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_min_u16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_minimum3_f16 v8, v2, v4, v6 op_sel_hi:[0,0,0]
v_pk_mov_b32 v[8:9], v[2:3], v[4:5] op_sel_hi:[0,0]
v_pk_mul_f16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_mul_f32 v[8:9], v[2:3], v[4:5] op_sel_hi:[0,0]
v_pk_mul_lo_u16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_sub_i16 v8, v2, v4 op_sel_hi:[0,0]
v_pk_sub_u16 v8, v2, v4 op_sel_hi:[0,0]
v_prng_b32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_prng_b32_e32 v8, v2
v_prng_b32_e64 v8, v2
v_prng_b32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_rcp_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_rcp_f16_e32 v8, v2
v_rcp_f16_e64 v8, v2
v_rcp_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_rcp_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_rcp_f32_e32 v8, v2
v_rcp_f32_e64 v8, v2
v_rcp_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_rcp_f64_e32 v[8:9], v[2:3]
v_rcp_f64_e64 v[8:9], v[2:3]
v_rcp_iflag_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_rcp_iflag_f32_e32 v8, v2
v_rcp_iflag_f32_e64 v8, v2
v_rcp_iflag_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_readfirstlane_b32 s8, v2
v_readfirstlane_b32 s8, v3
v_readlane_b32 s8, v2, s4
v_rndne_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_rndne_f16_e32 v8, v2
v_rndne_f16_e64 v8, v2
v_rndne_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_rndne_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_rndne_f32_e32 v8, v2
v_rndne_f32_e64 v8, v2
v_rndne_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_rndne_f64_e32 v[8:9], v[2:3]
v_rndne_f64_e64 v[8:9], v[2:3]
v_rsq_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_rsq_f16_e32 v8, v2
v_rsq_f16_e64 v8, v2
v_rsq_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_rsq_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_rsq_f32_e32 v8, v2
v_rsq_f32_e64 v8, v2
v_rsq_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_rsq_f64_e32 v[8:9], v[2:3]
v_rsq_f64_e64 v[8:9], v[2:3]
v_sad_hi_u8 v8, v2, v4, v6
v_sad_u16 v8, v2, v4, v6
v_sad_u32 v8, v2, v4, v6
v_sad_u8 v8, v2, v4, v6
v_sat_pk_u8_i16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_sat_pk_u8_i16_e32 v8, v2
v_sat_pk_u8_i16_e64 v8, v2
v_sat_pk_u8_i16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_sin_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_sin_f16_e32 v8, v2
v_sin_f16_e64 v8, v2
v_sin_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_sin_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_sin_f32_e32 v8, v2
v_sin_f32_e64 v8, v2
v_sin_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_smfmac_f32_16x16x128_bf8_bf8 v[8:11], v[2:5], v[16:23], v1
v_smfmac_f32_16x16x128_bf8_fp8 v[8:11], v[2:5], v[16:23], v1
v_smfmac_f32_16x16x128_fp8_bf8 v[8:11], v[2:5], v[16:23], v1
v_smfmac_f32_16x16x128_fp8_fp8 v[8:11], v[2:5], v[16:23], v1
v_sqrt_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_sqrt_f16_e32 v8, v2
v_sqrt_f16_e64 v8, v2
v_sqrt_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_sqrt_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_sqrt_f32_e32 v8, v2
v_sqrt_f32_e64 v8, v2
v_sqrt_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_sqrt_f64_e32 v[8:9], v[2:3]
v_sqrt_f64_e64 v[8:9], v[2:3]
v_sub_co_u32_dpp v0, vcc, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_sub_co_u32_e32 v0, vcc, s8, v0
v_sub_co_u32_e64 v8, s[0:1], v2, v4
v_sub_co_u32_sdwa v0, vcc, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_sub_f16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_sub_f16_e32 v0, s8, v0
v_sub_f16_e64 v8, v2, v4
v_sub_f16_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_sub_f32_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_sub_f32_e32 v0, s8, v0
v_sub_f32_e64 v8, v2, v4
v_sub_f32_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_sub_i16 v8, v2, v4
v_sub_i32 v8, v2, v4
v_sub_u16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_sub_u16_e32 v0, s8, v0
v_sub_u16_e64 v8, v2, v4
v_sub_u16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_sub_u32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_sub_u32_e32 v0, s8, v0
v_sub_u32_e64 v8, v2, v4
v_sub_u32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_subb_co_u32_dpp v0, vcc, v2, v2, vcc quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_subb_co_u32_e32 v0, vcc, v8, v0, vcc
v_subb_co_u32_e64 v8, s[0:1], v2, v4, s[6:7]
v_subb_co_u32_sdwa v0, vcc, v2, v2, vcc dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_subbrev_co_u32_dpp v0, vcc, v2, v2, vcc quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_subbrev_co_u32_e32 v0, vcc, v8, v0, vcc
v_subbrev_co_u32_e64 v8, s[0:1], v2, v4, s[6:7]
v_subbrev_co_u32_sdwa v0, vcc, v2, v2, vcc dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_subrev_co_u32_dpp v0, vcc, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_subrev_co_u32_e32 v0, vcc, s8, v0
v_subrev_co_u32_e64 v8, s[0:1], v2, v4
v_subrev_co_u32_sdwa v0, vcc, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_subrev_f16_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_subrev_f16_e32 v0, s8, v0
v_subrev_f16_e64 v8, v2, v4
v_subrev_f16_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_subrev_f32_dpp v0, -v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x4 bound_ctrl:1
v_subrev_f32_e32 v0, s8, v0
v_subrev_f32_e64 v8, v2, v4
v_subrev_f32_sdwa v0, -v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_subrev_u16_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_subrev_u16_e32 v0, s8, v0
v_subrev_u16_e64 v8, v2, v4
v_subrev_u16_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_subrev_u32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_subrev_u32_e32 v0, s8, v0
v_subrev_u32_e64 v8, v2, v4
v_subrev_u32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_swap_b32 v8, v2
v_trig_preop_f64 v[8:9], v[2:3], v4
v_trunc_f16_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_trunc_f16_e32 v8, v2
v_trunc_f16_e64 v8, v2
v_trunc_f16_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_trunc_f32_dpp v8, v2 row_shl:6 row_mask:0x0 bank_mask:0x6
v_trunc_f32_e32 v8, v2
v_trunc_f32_e64 v8, v2
v_trunc_f32_sdwa v8, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_0
v_trunc_f64_e32 v[8:9], v[2:3]
v_trunc_f64_e64 v[8:9], v[2:3]
v_writelane_b32 v8, s2, 3
v_xad_u32 v8, v2, v4, v6
v_xnor_b32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_xnor_b32_e32 v0, s8, v0
v_xnor_b32_e64 v8, v2, v4
v_xnor_b32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
v_xor_b32_dpp v0, v2, v2 quad_perm:[1,2,0,0] row_mask:0x0 bank_mask:0x0
v_xor_b32_e32 v0, s8, v0
v_xor_b32_e64 v8, v2, v4
v_xor_b32_sdwa v0, v2, v2 dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_2 src1_sel:BYTE_0
