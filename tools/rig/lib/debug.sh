# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The kernel "debug": Debian's sources of its suite, built here by debug.config and
# what the architecture has beside it, with all on that finds mistakes.  Built anew
# only when the configuration changes.

debug_config() { cat "$RIG_DIR/debug.config" "$RIG_DIR/debug-$(rig_arch).config"; }

# Without comments: those do not make another kernel.
debug_settings() { debug_config | grep -E '^(# )?CONFIG_' | sort; }

DEBUG_KEY=
debug_key()
{
	: "${DEBUG_KEY:=$(debug_settings | sha256sum | cut -c1-12)}"
	printf '%s' "$DEBUG_KEY"
}

# Stacks of pages are kept, to see which stay behind.  KASAN goes on after the first
# report.  An emulator's processor may be away for long while the machine is busy.
debug_append() { printf 'page_owner=on kasan_multi_shot watchdog_thresh=30 '; }

# debug_wanting CONFIG: what was asked for and is not in CONFIG.
debug_wanting()
{
	local line name
	while IFS= read -r line; do
		case $line in
		'# '*)	name=${line#'# '}
			! grep -q "^${name%% *}=" "$1" || printf '%s\n' "$line" ;;
		*)	grep -qxF "$line" "$1" || printf '%s\n' "$line" ;;
		esac
	done < <(debug_settings)
}

# debug_make DIR ENV: DIR/root, laid out like an unpacked stock kernel.
debug_make()
{
	local dir=$1 env=$2 tmp=$1.tmp
	[[ ! -e $dir/root/release ]] || return 0
	rm -rf "$tmp"
	mkdir -p "$tmp/debs" "$tmp/root"
	env_install "$env" make gcc libc6-dev flex bison bc libelf-dev libssl-dev perl xz-utils kmod
	debug_source "$env" "$tmp" || die "cannot fetch the kernel's sources"
	say "building the debug kernel, once for each configuration (some 10 minutes)"
	logged kernel-debug debug_build "$env" "$tmp" ||
		die "the debug kernel does not build"
	rm -rf "$tmp/src"
	mkdir -p "$dir"
	rm -rf "$dir/root"
	mv "$tmp/root" "$dir/root"
	rmdir "$tmp"
	debug_forget "$dir"
	note "kernel $(cat "$dir/root/release")"
}

debug_source()
{
	local env=$1 tmp=$2 package
	say "fetching the kernel's sources (some 150 MB)"
	package=$(debug_package "$env")
	if [[ -z $package ]] || ! debug_download "$env" "$tmp/debs" "$package"; then
		env_lists_renew "$env"
		package=$(debug_package "$env")
		debug_download "$env" "$tmp/debs" "$package" || return 1
	fi
	mkdir "$tmp/src"
	dpkg-deb --fsys-tarfile "$tmp"/debs/*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dcT0 |
		tar -x -C "$tmp/src" --strip-components=1 || return 1
	rm -rf "$tmp/debs"
}

debug_package()
{
	env_run "$1" apt-cache depends --important linux-source |
		awk '/Depends: linux-source-/ && !n++ { print $2 }'
}

debug_download()
{
	env_run "$1" sh -c 'cd "$1" && apt-get download -qq -o Acquire::Retries=1 -o APT::Sandbox::User=root "$2"' sh "$2" "$3"
}

# debug_build ENV DIR: from DIR/src to DIR/root.
debug_build()
{
	local env=$1 tmp=$2 rel wanting
	local make=(env_run "$env" make -C "$tmp/src" -j"$((RIG_JOBS + 1))"
		    KBUILD_BUILD_TIMESTAMP=1970-01-01 KBUILD_BUILD_USER=axvcpu KBUILD_BUILD_HOST=axvcpu)
	local image
	case $(rig_arch) in
	amd64)	image=arch/x86/boot/bzImage ;;
	*)	image=arch/$(rig_karch)/boot/Image
		make+=(ARCH="$(rig_karch)" CROSS_COMPILE="$(rig_cross)") ;;
	esac
	debug_config >"$tmp/src/debug.config"
	"${make[@]}" KCONFIG_ALLCONFIG=debug.config allnoconfig || return
	wanting=$(debug_wanting "$tmp/src/.config")
	if [[ -n $wanting ]]; then
		printf 'error: this kernel cannot have:\n%s\n' "$wanting"
		return 1
	fi
	"${make[@]}" "${image##*/}" modules || return
	rel=$(cat "$tmp/src/include/config/kernel.release")
	"${make[@]}" INSTALL_MOD_PATH="$tmp/root" INSTALL_MOD_STRIP=1 modules_install || return
	# The programs of kbuild stay those that run here.
	"${make[@]}" run-command KBUILD_RUN_COMMAND="env CC=gcc HOSTCC=gcc scripts/package/install-extmod-build $tmp/root/usr/src/linux-headers-$rel" || return
	rm -f "$tmp/root/lib/modules/$rel/build"
	cp "$tmp/src/$image" "$tmp/root/vmlinuz"
	cp "$tmp/src/.config" "$tmp/root/config"
	cp "$tmp/src/System.map" "$tmp/root/"
	echo "$rel" >"$tmp/root/release"
}

# Those of configurations for this architecture that nobody has used for a week.
debug_forget()
{
	local root
	for root in "$RIG_CACHE/kernel/$(kernel_tag debug)"-*/root; do
		[[ ${root%/root} =~ /"$(kernel_tag debug)"-[0-9a-f]+$ ]] || continue
		[[ $root != "$1/root" && -n $(find "$root/release" -mtime +7 2>/dev/null) ]] || continue
		rm -rf "${root%/root}"
	done
}
