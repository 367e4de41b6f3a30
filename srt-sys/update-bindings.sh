#!/usr/bin/env bash
# Regenerates src/bindings.rs and tests/layout/items.rs.
#
#     srt-sys/update-bindings.sh [INCLUDE_DIR]
#
# INCLUDE_DIR (default /usr/include) holds srt/srt.h of the oldest libsrt that the bindings are written for, 1.5.1. What
# later versions added goes by hand into src/ext.rs, behind a version cfg. Needs the bindgen CLI (`cargo install
# bindgen-cli`, with libclang) and rustfmt. A second run with the same tools changes nothing.
set -euo pipefail
export LC_ALL=C

cd "$(dirname "$0")"
include=${1:-/usr/include}
version=$(sed -n 's/^#define SRT_VERSION_STRING "\(.*\)"/\1/p' "$include/srt/version.h")
if [ "$version" != 1.5.1 ]; then
    echo "$include has libsrt $version; the bindings are generated from 1.5.1" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/wrapper.h" <<'C'
#include <srt/srt.h>
#include <srt/access_control.h>
C

# Left to lib.rs and ext.rs: what depends on the platform (SYSSOCKET, sockaddr), on the header's version (SRT_VERSION_*,
# the *_E_SIZE sentinels), on who includes it (SRT_HAVE_CXX17), and what later versions lack (srt_rejectreason_msg). C enums become integers: a library newer than the
# bindings returns values that a Rust enum could not hold.
bindgen "$work/wrapper.h" \
    --use-core --merge-extern-blocks --no-layout-tests --no-doc-comments --no-prepend-enum-name \
    --rust-edition 2024 --rust-target 1.85 \
    --default-enum-style consts --default-macro-constant-type signed \
    --allowlist-function 'srt_.*' \
    --allowlist-type 'SRT.*|CodeMajor|CodeMinor|UDPSOCKET|srt_.*' \
    --allowlist-var 'srt_.*|SRT.*|LOG_(EMERG|ALERT|CRIT|ERR|WARNING|NOTICE|INFO|DEBUG|DEBUG_TRACE)' \
    --blocklist-item 'SRT_VERSION_(MAJOR|MINOR|PATCH|STRING|VALUE)|SRT_HAVE_CXX17|srt_rejectreason_msg' \
    --blocklist-type 'SYSSOCKET|sockaddr|sockaddr_storage|sa_family_t' \
    --with-derive-custom-struct 'CBytePerfMon=Default' \
    --with-derive-custom-struct 'SRT_EPOLL_EVENT_STR=Default,PartialEq,Eq' \
    --with-derive-custom-struct 'SRT_SocketGroupData_|SRT_GroupMemberConfig_=Clone,Copy' \
    --disable-header-comment --formatter none \
    -- -I"$include" >"$work/generated.rs"

{
    echo "// libsrt $version, $(bindgen --version); written by update-bindings.sh"
    echo
    echo 'use core::ffi::{c_char, c_int, c_uint, c_void};'
    echo
    echo 'use crate::{SYSSOCKET, sockaddr, sockaddr_storage};'
    echo
    sed -e 's/:: *core *:: *ffi *:: *//g' \
        -e 's/:: *core *:: *option *:: *//g' \
        -e 's/pub use self *:: *\(SRT_MemberStatus\) as \(SRT_MEMBERSTATUS\)/pub type \2 = \1/' \
        -e 's/pub const SRTO_E_SIZE[^;]*;//' \
        -e 's/pub const SRT_REJ_E_SIZE[^;]*;//' \
        "$work/generated.rs"
} >"$work/bindings.rs"
rustfmt --edition 2024 --config-path .. "$work/bindings.rs"
cp "$work/bindings.rs" src/bindings.rs

# What tests/layout asks the C compiler about. The test fails if bindings.rs has a name that is not here.
names() { sed -nE "s/$1/\1/p" src/bindings.rs | sed 's/$/,/' | tr '\n' ' ' | fold -s -w 92 | sed 's/^/    /; s/ *$//'; }
{
    echo '// Written by update-bindings.sh.'
    for list in \
        'consts:^pub const ([^:]+):.*' \
        'integers:^pub type ([^ ]+) = (c_int|c_uint|i32);' \
        'functions:^    pub fn ([^(]+)\(.*' \
        'statics:^    pub static ([^:]+):.*'; do
        printf '\n%s! {\n%s\n}\n' "${list%%:*}" "$(names "${list#*:}")"
    done
    printf '\nstructs! {\n'
    awk '/^pub struct /{ name = $3 }
         name && /^    pub /{ sub(":", "", $2); fields = fields " " $2 "," }
         name && /^}/{ if (fields) print name " {" fields " },"; name = fields = "" }' src/bindings.rs |
        fold -s -w 92 | sed 's/^/    /; s/ *$//'
    echo '}'
} >tests/layout/items.rs
