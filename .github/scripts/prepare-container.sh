#!/usr/bin/env bash
# Prepares a container of Debian as root: the programs that tests start, and access to the runner's checkout.
set -euo pipefail
cd "$(dirname "$0")/../.."

.ci/install-programs
# The checkout belongs to the runner's user; tests list files and build another version with git.
git config --global --add safe.directory "$GITHUB_WORKSPACE"
