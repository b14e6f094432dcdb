#!/usr/bin/env bash
# Builds the image for both architectures, pushes it with an SBOM and provenance, and signs it without a key of ours.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=${GITHUB_REF_NAME#v}
# Names of images are lower-case.
image=ghcr.io/${GITHUB_REPOSITORY,,}
metadata=$(mktemp)
trap 'rm -f "$metadata"' EXIT

docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<<"$GITHUB_TOKEN"
docker buildx build . --push --platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max \
  --label "org.opencontainers.image.source=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" \
  --label "org.opencontainers.image.revision=$GITHUB_SHA" \
  --tag "$image:$version" --tag "$image:${version%.*}" --tag "$image:latest" --metadata-file "$metadata"
digest=$(jq --exit-status --raw-output '."containerimage.digest"' "$metadata")
# A tag may move; a signature is for a digest: of the index and of each architecture's image.
cosign sign --yes --recursive "$image@$digest"
