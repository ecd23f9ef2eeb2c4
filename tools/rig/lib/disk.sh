# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A guest with a disk: an image of an ext4 file system with a small user space, and
# the initial RAM disk that finds it.  A job that speaks of guest/disk.img gets them.

DISK_SIZE=64M

disk_image() { printf '%s/guest-disk-%s.img' "$RIG_BUILD" "$(rig_arch)"; }

# disk_make: the image; it does not depend on the kernel.
disk_make()
{
	local image tree
	image=$(disk_image)
	if [[ -e $image && ! $RIG_DIR/guest-root-init -nt $image && ! $RIG_DIR/lib/disk.sh -nt $image ]]; then
		return
	fi
	need_packages mke2fs:e2fsprogs
	rig_tmp
	tree=$RIG_TMP/disk
	rm -rf "$tree"
	base_tree "$tree"
	rm "$tree/sbin/init"
	install -m 755 "$RIG_DIR/guest-root-init" "$tree/sbin/init"
	rm -f "$image.new"
	logged guest-disk mke2fs -F -t ext4 -L axvcpu-root -m 0 -d "$tree" \
		-E lazy_itable_init=0,lazy_journal_init=0 "$image.new" "$DISK_SIZE"
	mv "$image.new" "$image"
}

# disk_tree KERNEL DEST: for the guest of a host with this kernel, and for the host
# what checks the image when the guest is gone.
disk_tree()
{
	local kernel dest=$2 tree rel
	kernel=$(kernel_guest "$1")
	package_prepare e2fsck-static
	disk_make
	rig_tmp
	tree=$RIG_TMP/disk-initrd
	rm -rf "$tree"
	base_tree "$tree"
	install -m 755 "$RIG_DIR/guest-disk-init" "$tree/init"
	rel=$(kernel_release "$kernel")
	modules_copy "$kernel" "$tree/lib/modules/$rel" virtio-mmio virtio-blk ext4 crc32c-generic
	touch "$tree/lib/modules/$rel/modules.order" "$tree/lib/modules/$rel/modules.builtin"
	depmod -b "$tree" "$rel" 2>/dev/null
	make_cpio "$tree" "$dest/axvcpu/guest/initrd-disk"
	cp --sparse=always "$(disk_image)" "$dest/axvcpu/guest/disk.img"
	install -m 755 "$(package_file e2fsck-static '*/e2fsck.static')" "$dest/axvcpu/e2fsck"
}
