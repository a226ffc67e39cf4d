#!/bin/sh
# Writes CHANGELOG.md to standard output in the form that Debian's tools read: its sections become
# entries, its list items stay.
#   systemd/debian/changelog.sh VERSION MAINTAINER
set -eu
cd "$(dirname "$0")/../.."
version=$1 maintainer=$2

# A version that is not released yet gets the date of its source, so that the same source makes the
# same package.
seconds=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date -r CHANGELOG.md +%s)}
today=$(LC_ALL=C date -u -R -d "@$seconds")

awk '/^## /{ on = 1 } on' CHANGELOG.md | fold -s -w 72 | sed 's/ *$//' | {
  ended=
  trailer() { [ -z "$ended" ] || printf '\n -- %s  %s\n\n' "$maintainer" "$ended"; }
  first=
  while IFS= read -r line; do
    case $line in
      '## '*)
        trailer
        # shellcheck disable=SC2086  # "## VERSION - DATE"
        set -- $line
        # The package's version may not be in CHANGELOG.md yet.
        [ -n "$first" ] || [ "$2" = "$version" ] ||
          printf 'ffl-agent (%s) unstable; urgency=medium\n\n  * See the previous version.\n\n -- %s  %s\n\n' "$version" "$maintainer" "$today"
        first=no
        printf 'ffl-agent (%s) unstable; urgency=medium\n\n' "$2"
        case ${4-unreleased} in
          unreleased) ended=$today ;;
          *) ended=$(LC_ALL=C date -u -R -d "$4") ;;
        esac
        ;;
      '- '*) printf '  * %s\n' "${line#- }" ;;
      '') ;;
      *) printf '    %s\n' "$(printf '%s' "$line" | sed 's/^ *//')" ;;
    esac
  done
  trailer
}
