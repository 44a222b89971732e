#!/bin/sh
# What a reduction keeps (exit status 1): a model with an attention window.
! grep -q ' window 16' "$1"
