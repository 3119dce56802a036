#!/usr/bin/env bash
# Tries the front door the way a stranger meets it: a bare Debian 12 root (nothing but apt), a fresh
# clone of HEAD in it, and ./dev VERB there.
#
#   tools/bare_debian.sh [--root DIR] [--keep] VERB [ARGUMENTS]   e.g. build, test, demo
#
# Needs root (chroot, mounts) and Debian's mmdebstrap, which it installs. What this machine needs to
# reach its package registries (hosts file, resolver, CA bundle, npm settings) is copied from where
# it lies here; nothing else of this machine is visible inside.
#   --root DIR   where the root goes (default: a new directory below /var/tmp); an existing one with
#                a finished root is used again, with a fresh clone
#   --keep       leave the root when done (it is removed otherwise)
set -euo pipefail
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() { sed -n '2,/^set -/p' "${BASH_SOURCE[0]}" | sed '$d; s/^# \{0,1\}//'; }
die() { printf 'bare_debian: %s\n' "$*" >&2; exit 1; }

root='' keep=0
while [ $# -gt 0 ]; do
    case "$1" in
    --root) [ $# -ge 2 ] || die "--root needs a directory"; root=$2; shift 2 ;;
    --keep) keep=1; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) die "unknown option '$1'" ;;
    *) break ;;
    esac
done
[ $# -ge 1 ] || { usage >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || die "must be root"
command -v mmdebstrap >/dev/null \
    || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap

if [ -z "$root" ]; then root=$(mktemp -d /var/tmp/hawser-bare.XXXXXX); fi
mkdir -p "$root"
root=$(cd "$root" && pwd)
[ "$root" != / ] || die "--root / is this machine"

# Mounts are made in a mount namespace of our own: when we end, they are gone, whatever happened.
if [ "${HAWSER_BARE_INNER:-}" != 1 ]; then
    export HAWSER_BARE_INNER=1
    args=(--root "$root")
    [ "$keep" = 0 ] || args+=(--keep)
    rc=0
    unshare --mount --propagation private -- "${BASH_SOURCE[0]}" "${args[@]}" "$@" || rc=$?
    if [ "$keep" = 0 ]; then rm -rf --one-file-system "$root"; fi
    exit "$rc"
fi

if [ ! -e "$root/.hawser-complete" ]; then
    echo "== making a bare Debian 12 root in $root"
    sources=/etc/apt/sources.list.d/debian.sources
    [ -f "$sources" ] || sources=/etc/apt/sources.list
    mmdebstrap --quiet --mode=root --variant=apt --skip=check/empty bookworm "$root" "$sources"
    for f in /etc/apt/apt.conf.d/*; do
        # Only settings of the connection; what belongs to installed packages stays out.
        if grep -qiE '^[[:space:]]*Acquire::' "$f"; then cp "$f" "$root/etc/apt/apt.conf.d/"; fi
    done
    touch "$root/.hawser-complete"
fi

cp /etc/hosts /etc/resolv.conf "$root/etc/" 2>/dev/null || true
mkdir -p "$root/etc/hawser-host" "$root/root"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/hawser-host/ca.crt"
: >"$root/root/.npmrc"
# Registry and connection settings only, by npm's own names, from wherever npm finds them here.
for key in registry proxy https-proxy noproxy strict-ssl; do
    value=$(npm config get "$key" 2>/dev/null || true)
    case "$value" in '' | null | undefined) ;; *) echo "$key=$value" >>"$root/root/.npmrc" ;; esac
done
echo "cafile=/etc/hawser-host/ca.crt" >>"$root/root/.npmrc"
chmod 600 "$root/root/.npmrc"

mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mkdir -p "$root/dev/shm"

echo "== cloning $(git -C "$REPO" rev-parse --short HEAD) into $root/root/hawser"
rm -rf "$root/root/hawser"
git clone -q --no-hardlinks "$REPO" "$root/root/hawser"

echo "== ./dev $*"
start=$(date +%s)
rc=0
env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM="${TERM:-dumb}" \
    LANG=C.UTF-8 NODE_EXTRA_CA_CERTS=/etc/hawser-host/ca.crt \
    chroot "$root" bash -c 'cd /root/hawser && exec ./dev "$@"' dev "$@" </dev/null || rc=$?
echo "== ./dev $* ended with status $rc after $(($(date +%s) - start)) s"
exit "$rc"
