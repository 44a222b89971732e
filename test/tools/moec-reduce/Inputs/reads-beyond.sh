#!/bin/sh
# What a reduction keeps (exit status 1): a kernel that leaves its arrays of 8 rows when it is told that there are 9.
! moec-interpret "$1" --kernel gated_sum --rows 8 --index 9 2>&1 | grep -q 'is out of bounds of 8'
