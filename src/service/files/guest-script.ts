/**
 * Small programs for the guest's own shell. They run inside, as root of the guest and under all its limits, so
 * whatever a hostile guest does to its paths (links, FIFOs, file systems of its own) happens to itself alone.
 * Paths are arguments, never part of the text.
 */

/** First line: kind, uid, gid, mode (octal), size, time of change (seconds); then the content. */
export const readScript = `
if [ -L "$1" ]; then kind=symlink; elif [ -d "$1" ]; then kind=directory
elif [ -f "$1" ]; then kind=file; elif [ -e "$1" ]; then echo special; exit 0; else echo missing; exit 0; fi
echo "$kind $(stat -c '%u %g %a %s %Y' "$1")" || exit 1
case $kind in
  symlink) readlink "$1" ;;
  directory) cd "$1" && find . -mindepth 1 -maxdepth 1 -print0 ;;
  file) exec cat "$1" ;;
esac`;

/** Arguments: path, uid, gid, mode, \`replace\` or \`append\`. Empty attributes: as they are, or the defaults. */
export const writeScript = `
if [ -d "$1" ]; then echo "it is a directory" >&2; exit 21; fi
existed=; [ -e "$1" ] && existed=1
if [ "$5" = append ]; then cat >>"$1"; else cat >"$1"; fi || exit 1
if [ -n "$2$3" ]; then chown "$2:$3" "$1" || exit 1; fi
if [ -n "$4" ]; then chmod "$4" "$1"; elif [ -z "$existed" ]; then chmod 644 "$1"; fi`;

/** Arguments: path, uid, gid, mode. An existing directory only gets the attributes. */
export const directoryScript = `
[ -d "$1" ] || mkdir "$1" || exit 1
if [ -n "$2$3" ]; then chown "$2:$3" "$1" || exit 1; fi
if [ -n "$4" ]; then chmod "$4" "$1"; fi`;

/** Arguments: path, target, uid, gid. */
export const symlinkScript = `
ln -sfn "$2" "$1" || exit 1
if [ -n "$3$4" ]; then chown -h "$3:$4" "$1"; fi`;

export const deleteScript = `
if [ -d "$1" ] && [ ! -L "$1" ]; then exec rmdir "$1"; fi
if [ ! -e "$1" ] && [ ! -L "$1" ]; then echo missing >&2; exit 44; fi
exec rm -f "$1"`;
