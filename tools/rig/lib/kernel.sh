# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The kernels: which there are, how they are fetched, where they lie.

# name: what KERNEL= takes.  slow: time-outs are multiplied by it.  mem: MiB it
# wants beyond what a machine has for a stock kernel.  flavour: of Debian's, "-" the
# usual one.  What is "odd" runs those tests only that name it (kernels=).
#
# name      suite     what   slow  mem   flavour
RIG_KERNELS='
6.1         bookworm  stock  1     0     -
6.12        trixie    stock  1     0     -
7.2         sid       stock  1     0     -
6.12-16k    trixie    odd    1     0     16k
debug       trixie    built  6     1024  -
'

# Those that Debian built, and all.
kernel_stock() { awk '$3 == "stock" { printf "%s%s", sep, $1; sep = " " }' <<<"$RIG_KERNELS"; }
kernel_names() { awk 'NF { printf "%s%s", sep, $1; sep = " " }' <<<"$RIG_KERNELS"; }

kernel_suite()
{
	local suite
	suite=$(awk -v k="$1" '$1 == k { print $2 }' <<<"$RIG_KERNELS")
	[[ -n $suite ]] || usage_error "no kernel '$1'; there are: $(kernel_names)"
	printf '%s' "$suite"
}

kernel_field() { awk -v k="$1" -v f="$2" '$1 == k { print $f }' <<<"$RIG_KERNELS"; }
kernel_is()    { [[ $(kernel_field "$1" 3) = "$2" ]]; }
kernel_slow()  { kernel_field "$1" 4; }
kernel_mem()   { kernel_field "$1" 5; }

# kernel_flavour NAME: what its packages' names end with, beside the architecture.
kernel_flavour() { kernel_field "$1" 6 | sed 's/^-$//; s/^./-&/'; }

# What is put inside as the kernel of a guest: the oldest where the host's is built.
kernel_guest()
{
	if ! kernel_is "$1" built; then
		echo "$1"
	else
		tr ' ' '\n' <<<"$(engine_kernels)" | grep -m1 -xF "$(kernel_stock | tr ' ' '\n')"
	fi
}

# kernel_append NAME: what its command line wants beside the rest.
kernel_append() { ! kernel_is "$1" built || debug_append; }

# kernel_tag NAME: what tells the kernel of another architecture from amd64's.
kernel_tag() { printf '%s' "$1"; rig_native || printf -- '-%s' "$(rig_arch)"; }

# One that is built lies under a name that tells its configuration.
kernel_dir()
{
	printf '%s/kernel/%s' "$RIG_CACHE" "$(kernel_tag "$1")"
	! kernel_is "$1" built || printf -- '-%s' "$(debug_key)"
}

kernel_env()     { env_name "$(kernel_suite "$1")"; }
kernel_root()    { printf '%s/root' "$(kernel_dir "$1")"; }
kernel_release() { cat "$(kernel_root "$1")/release"; }
kernel_image()   { printf '%s' "$(kernel_root "$1")/vmlinuz"; }
kernel_headers() { printf '%s/usr/src/linux-headers-%s' "$(kernel_root "$1")" "$(kernel_release "$1")"; }

# kernel_prepare NAME: image, modules and headers, unpacked in the cache.
kernel_prepare()
{
	local suite
	suite=$(kernel_suite "$1")
	env_prepare "$suite"
	[[ -e $(kernel_root "$1")/release ]] || with_lock "kernel-$(kernel_tag "$1")" kernel_make "$1"
}

# kernel_packages ENV FLAVOUR: what the meta-packages lead to.  Names of kernel packages
# change between suites (7.x splits the image), so follow the dependencies.  The
# programs of kbuild run on this machine.
kernel_packages()
{
	local env=$1 arch meta seen=' ' pkg dep todo
	arch=$(rig_arch)
	meta=$arch$2
	todo=("linux-image-$meta" "linux-headers-$meta")
	while [[ ${#todo[@]} -gt 0 ]]; do
		pkg=${todo[0]}
		todo=("${todo[@]:1}")
		[[ $seen != *" $pkg "* ]] || continue
		seen+="$pkg "
		case $pkg in
		linux-image-"$meta"|linux-headers-"$meta") pkg+=:$arch ;;
		linux-kbuild-*)	echo "$pkg" ;;
		*-common)	echo "$pkg" ;;
		*)		pkg+=:$arch; echo "$pkg" ;;
		esac
		# What is for all architectures is shown in a line of its own.
		for dep in $(env_apt "$env" apt-cache depends --important "$pkg" |
			     awk 'NR > 1 { gsub(/[<>]/, ""); sub(/:[^:]*$/, "", $NF); print $NF }'); do
			case $dep in
			*-unsigned|*-dbg) ;;
			linux-image-*|linux-binary-*|linux-modules-*|linux-headers-*|linux-kbuild-*)
				todo+=("$dep") ;;
			esac
		done
	done
}

kernel_make()
{
	if kernel_is "$1" built; then
		kernel_prepare "$(kernel_guest "$1")"
		debug_make "$(kernel_dir "$1")" "$(kernel_env "$1")"
	else
		kernel_fetch "$1"
	fi
}

kernel_download()
{
	local env=$1 dir=$2 packages
	packages=$(kernel_packages "$env" "$3")
	[[ $packages = *linux-image-*linux-headers-* ]] || return 1
	# shellcheck disable=SC2086
	env_download "$env" "$dir" $packages
}

kernel_fetch()
{
	local name=$1 env dir tmp rel
	env=$(kernel_env "$name")
	dir=$(kernel_dir "$name")
	[[ ! -e $dir/root/release ]] || return 0
	tmp=$dir/tmp
	rm -rf "$tmp"
	mkdir -p "$tmp/debs" "$tmp/root"
	say "fetching Debian's $name kernel for $(rig_arch) and its headers"
	if ! kernel_download "$env" "$tmp/debs" "$(kernel_flavour "$name")"; then
		env_apt_renew "$env"
		kernel_download "$env" "$tmp/debs" "$(kernel_flavour "$name")" || die "cannot fetch the $name kernel"
	fi
	note "unpacking $(cd "$tmp/debs" && echo *.deb) ($(du -sm "$tmp/debs" | cut -f1) MB)"
	unpack_into "$tmp/root" "$tmp"/debs/*.deb
	rm -rf "$tmp/debs"
	kernel_settle "$tmp/root" "$dir/root"
	rel=$(cat "$tmp/root/release.new")
	mv "$tmp/root/release.new" "$tmp/root/release"
	rm -rf "$dir/root"
	mv "$tmp/root" "$dir/root"
	rmdir "$tmp"
	note "kernel $rel"
}

# kernel_settle ROOT FINAL: make the unpacked packages usable at FINAL.
kernel_settle()
{
	local root=$1 final=$2 rel file
	[[ -e $root/lib ]] || ln -s usr/lib "$root/lib"
	if [[ ! -L $root/lib && -d $root/usr/lib/modules ]]; then
		cp -a "$root/usr/lib/modules/." "$root/lib/modules/"
	fi
	rel=$(cd "$root/lib/modules" && echo ./*/kernel)
	rel=$(basename "${rel%/kernel}")
	if [[ -e $root/boot/vmlinuz-$rel ]]; then
		ln -s "boot/vmlinuz-$rel" "$root/vmlinuz"
	elif [[ -e $root/boot/vmlinux-$rel ]]; then
		# An Image in spite of the name.
		ln -s "boot/vmlinux-$rel" "$root/vmlinuz"
	else
		ln -s "lib/modules/$rel/vmlinuz" "$root/vmlinuz"
	fi
	[[ -e $root/vmlinuz ]] || die "no kernel image in the packages of $rel"
	# Debian's header trees name their common part by absolute path.
	sed -i -E "s#([ =:])/usr/src/#\1$final/usr/src/#g" "$root/usr/src/linux-headers-$rel/Makefile"
	sed -i -E "s#KBUILD_OUTPUT *= */#KBUILD_OUTPUT=/#" "$root/usr/src/linux-headers-$rel/Makefile"
	for file in modules.order modules.builtin modules.builtin.modinfo; do
		[[ -e $root/lib/modules/$rel/$file ]] || : >"$root/lib/modules/$rel/$file"
	done
	depmod -b "$root" "$rel"
	echo "$rel" >"$root/release.new"
}
