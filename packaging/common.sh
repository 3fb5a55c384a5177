# Read by the scripts that make artefacts: where everything is, and what the artefacts of one commit share. Their results
# stand in build/, or where QE_PACKAGES says. The same commit gives the same bytes, V8's code cache apart: all times are
# that of the commit.
umask 022
export LC_ALL=C TZ=UTC
cd "$(dirname "$0")"
until [ -e package.json ]; do cd ..; done
version=$(node -p "require('./package.json').version")
# A pre-release comes before its release: 1.0.0-rc.1 is 1.0.0~rc.1 to dpkg and rpm.
package_version=$(echo "$version" | tr - '~')
architecture=$(uname -m | sed -e s/x86_64/amd64/ -e s/aarch64/arm64/)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
packages=${QE_PACKAGES:-build}
# Of xz in the packages: from 1, which is quick, to 9.
level=${QE_COMPRESSION:-6}
# As every file of an artefact has them: tar's words for the time and the owner.
archive="tar --sort=name --format=gnu --mtime=@$SOURCE_DATE_EPOCH --owner=0 --group=0 --numeric-owner"

# To be called when an artefact is there.
finish() {
  (cd "$packages" && find . -maxdepth 1 -type f \( -name '*.deb' -o -name '*.rpm' -o -name '*.tar.gz' \) -printf '%P\n' |
    sort | xargs sha256sum >sha256sums.txt)
  echo "$packages/$1"
}
