#!/usr/bin/env bash
# wasm-sysroot.sh OUTDIR: builds a Rust sysroot with a real `std` for wasm32-wasip2 from Debian packages only, for machines
# where `rustup target add wasm32-wasip2` does not answer. Takes about a minute.
#
# Needs the packages rustc-web cargo-web rust-web-src rust-web-llvm wasi-libc clang-22 llvm-22 lld-22.
# Then: OUTDIR/bin/cargo build --release --target wasm32-wasip2
set -euo pipefail
OUT=$(realpath -m "${1:?usage: wasm-sysroot.sh OUTDIR}")
TARGET=wasm32-wasip2
RUSTC=${RUSTC_WEB:-/usr/bin/rustc}
CARGO=${CARGO_WEB:-/usr/bin/cargo}
CLANG=${CLANG:-clang-22}
AR=${AR:-llvm-ar-22}
HOST=$($RUSTC -vV | sed -n 's/^host: //p')
BASE=$($RUSTC --print sysroot)
SRC=$(realpath "$BASE/lib/rustlib/src/rust/library")
WASI_LIB=${WASI_LIB:-/usr/lib/wasm32-wasi}
JOBS=${JOBS:-$(nproc)}
WORK=$(mktemp -d); trap 'rm -rf "$WORK"' EXIT
rm -rf "$OUT"
mkdir -p "$OUT/bin" "$OUT/lib/rustlib"

# 1. Vendor overlay. Debian strips wit-bindgen's prebuilt wasm archive and the .rs
#    beside it; both are a few lines, made again here.
VENDOR="$OUT/vendor"; rm -rf "$VENDOR"; mkdir -p "$VENDOR"
for d in "$SRC"/vendor/*; do ln -s "$d" "$VENDOR/"; done
WB=$(cd "$SRC/vendor" && ls -d wit-bindgen-[0-9]*); WBV=${WB#wit-bindgen-}; SYM=cabi_realloc_wit_bindgen_${WBV//./_}
rm "$VENDOR/$WB"; cp -r "$SRC/vendor/$WB" "$VENDOR/$WB"
cat > "$VENDOR/$WB/src/rt/wit_bindgen_cabi_realloc.rs" <<EOF
#[no_mangle]
pub unsafe extern "C" fn $SYM(p: *mut u8, old: usize, align: usize, new: usize) -> *mut u8 {
    crate::rt::cabi_realloc(p, old, align, new)
}
EOF
cat > "$WORK/cabi.c" <<EOF
extern void *$SYM(void *p, __SIZE_TYPE__ old, __SIZE_TYPE__ align, __SIZE_TYPE__ n);
__attribute__((__weak__, __export_name__("cabi_realloc")))
void *cabi_realloc(void *p, __SIZE_TYPE__ old, __SIZE_TYPE__ align, __SIZE_TYPE__ n) { return $SYM(p, old, align, n); }
static void *task;
__attribute__((__weak__)) void *wasip3_task_set(void *p) { void *r = task; task = p; return r; }
EOF
$CLANG --target=wasm32-unknown-wasip1 -mcpu=mvp -O2 -fPIC -nostdinc -c "$WORK/cabi.c" -o "$WORK/cabi.o"
rm -f "$VENDOR/$WB/src/rt/libwit_bindgen_cabi.a"
$AR crs "$VENDOR/$WB/src/rt/libwit_bindgen_cabi.a" "$WORK/cabi.o"

# 1b. Debian's wasi-libc is of 2022: std refers to a few newer functions. Each stub fails at run
#     time; without them a program that merely mentions std::thread, std::net or fs::canonicalize
#     would not link.
cat > "$WORK/compat.c" <<'EOF'
#include <errno.h>
#define W __attribute__((__weak__))
#define FAIL(name, args) W int name args { errno = ENOTSUP; return -1; }
#define PERR(name, args, e) W int name args { return e; }
PERR(pthread_attr_init, (void *a), 0)
PERR(pthread_attr_setstacksize, (void *a, unsigned long n), 0)
PERR(pthread_attr_destroy, (void *a), 0)
PERR(pthread_create, (void *t, void *a, void *f, void *x), EAGAIN)
PERR(pthread_join, (void *t, void *r), EINVAL)
PERR(pthread_detach, (void *t), EINVAL)
FAIL(chmod, (const char *p, unsigned m))
FAIL(fchmod, (int fd, unsigned m))
W char *realpath(const char *p, char *r) { errno = ENOTSUP; return 0; }
FAIL(socket, (int d, int t, int p))
FAIL(bind, (int fd, void *a, unsigned n))
FAIL(connect, (int fd, void *a, unsigned n))
FAIL(listen, (int fd, int n))
FAIL(getsockname, (int fd, void *a, void *n))
FAIL(getpeername, (int fd, void *a, void *n))
FAIL(setsockopt, (int fd, int l, int o, void *v, unsigned n))
FAIL(recvfrom, (int fd, void *b, unsigned long n, int f, void *a, void *l))
FAIL(sendto, (int fd, void *b, unsigned long n, int f, void *a, unsigned l))
PERR(getaddrinfo, (void *h, void *s, void *i, void *r), -4 /* EAI_FAIL */)
W void freeaddrinfo(void *a) {}
W const char *gai_strerror(int e) { return "name lookup is not supported"; }
EOF
$CLANG --target=wasm32-unknown-wasip1 -mcpu=mvp -O2 -isystem /usr/include/wasm32-wasi \
  -Wno-incompatible-library-redeclaration -c "$WORK/compat.c" -o "$WORK/wasi-compat.o"

# 1c. crt1-command.o. That of 2022 leaves it to wasm-ld to wrap _start with the constructors' call, which
#     wasm-ld does not do once any object refers to __wasm_call_ctors, as wit-bindgen's runtime in std
#     (wasip2) and in guests does: the preopened directories would never be found. This one calls them
#     itself, as the current wasi-libc's does.
cat > "$WORK/crt1-command.c" <<'EOF'
extern void __wasm_call_ctors(void), __wasm_call_dtors(void);
extern int __main_void(void);
__attribute__((__noreturn__, import_module("wasi_snapshot_preview1"), import_name("proc_exit"))) void proc_exit(int);
__attribute__((export_name("_start"))) void _start(void) {
  __wasm_call_ctors();
  int r = __main_void();
  __wasm_call_dtors();
  if (r) proc_exit(r);
}
EOF
$CLANG --target=wasm32-unknown-wasip1 -mcpu=mvp -O2 -nostdinc -c "$WORK/crt1-command.c" -o "$WORK/crt1-command.o"

# 2. Host libraries (for build scripts and proc macros) come from Debian's rustc.
#    rustc puts its <sysroot>/lib/rustlib/HOST/bin first in the linker's PATH: wasm-ld there keeps
#    wasm-component-ld from picking an older /usr/bin/wasm-ld (Debian's `lld` is lld 14).
WASM_LD=${WASM_LD:-$(command -v wasm-ld-22)}
H="$OUT/lib/rustlib/$HOST"; rm -rf "$H"; mkdir -p "$H/bin"
ln -s "$BASE/lib/rustlib/$HOST/lib" "$H/lib"
ln -s "$BASE/lib/rustlib/$HOST/bin/"* "$H/bin/"
ln -sf "$(command -v rust-lld)" "$H/bin/rust-lld"
ln -sf "$(realpath "$(dirname "$WASM_LD")")/$(basename "$WASM_LD")" "$H/bin/wasm-ld"
ln -sfn "$BASE/lib/rustlib/src" "$OUT/lib/rustlib/src"

# 3. std, by cargo's -Zbuild-std on an empty crate, against the vendored crates.
mkdir -p "$WORK/crate/src" "$WORK/crate/.cargo"
cat > "$WORK/crate/Cargo.toml" <<'EOF'
[package]
name = "empty"
version = "0.0.0"
edition = "2021"
[lib]
path = "src/lib.rs"
[profile.release]
debug = 0
panic = "abort"
EOF
: > "$WORK/crate/src/lib.rs"
printf '[source.crates-io]\nreplace-with = "std-vendor"\n[source.std-vendor]\ndirectory = "%s"\n' "$VENDOR" > "$WORK/crate/.cargo/config.toml"
(
  cd "$WORK/crate"
  env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET \
    PATH=/usr/bin:/bin RUSTC="$RUSTC" RUSTC_BOOTSTRAP=1 CARGO_HOME="$WORK/cargo-home" CARGO_TARGET_DIR="$WORK/target" \
    RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=$SRC=/rustc/library --remap-path-prefix=$VENDOR=/rustc/vendor" \
    "$CARGO" build -q -j "$JOBS" --offline --release --target "$TARGET" \
    -Zbuild-std=std,panic_abort,proc_macro,test -Zbuild-std-features=panic-unwind,backtrace
)
L="$OUT/lib/rustlib/$TARGET/lib"
rm -rf "$OUT/lib/rustlib/$TARGET"
mkdir -p "$L/self-contained"
cp "$WORK/target/$TARGET/release/deps/"lib*.rlib "$L/"
rm -f "$L"/libempty-*.rlib
cp "$WORK"/crt1-command.o "$WASI_LIB"/crt1-reactor.o "$WASI_LIB"/libc.a "$L/self-contained/"
$AR rs "$L/self-contained/libc.a" "$WORK/wasi-compat.o" 2>/dev/null
ls "$L"/libstd-*.rlib >/dev/null

# 4. Wrappers: OUT/bin/rustc and OUT/bin/cargo use this sysroot. They come last: cargo's presence says that all is there.
printf '#!/bin/sh\nexec %s --sysroot %s "$@"\n' "$RUSTC" "$OUT" > "$OUT/bin/rustc"
printf '#!/bin/sh\nexport RUSTC=%s/bin/rustc\nexec %s "$@"\n' "$OUT" "$CARGO" > "$OUT/bin/cargo"
chmod +x "$OUT/bin/rustc" "$OUT/bin/cargo"
