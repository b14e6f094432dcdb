#!/usr/bin/env bash
# Creates the release of a tag on GitHub, or completes that of an earlier run.
set -euo pipefail
cd "$(dirname "$0")/../.."

tag=$GITHUB_REF_NAME
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT

node release/release-notes.ts >"$notes"
if gh release view "$tag" >/dev/null 2>&1; then
  gh release edit "$tag" --notes-file "$notes"
  gh release upload "$tag" --clobber dist/*.tgz dist/*.sbom.json
else
  gh release create "$tag" --verify-tag --title "$tag" --notes-file "$notes" dist/*.tgz dist/*.sbom.json
fi
