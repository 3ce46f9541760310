#!/usr/bin/env bash
# Trains sightline-street from nothing: renders its pictures, then trains on them and, where --real names a folder of
# labelled ones, on those. Some two hours on two cores; what is there already is not made again. See README.md.
#
#     tools/train/retrain.sh [--real DIR]
set -euo pipefail
cd "$(dirname "$0")/../.."
real=()
if [[ ${1:-} == --real ]]; then real=(--real "$2" --real-share 0.12); fi

venv=.cache/venv/bin/python
if [[ ! -x $venv ]]; then
  python3 -m venv .cache/venv
  .cache/venv/bin/pip install --quiet -r tools/train/requirements.txt
fi

# 180 junctions seen from anywhere, and some seen from poles at their corners, as the demo's cameras are
node=node_modules/.bin/node
scenes=.cache/scenes
render() {
  [[ -e $scenes/labels-$1.done ]] && return
  "$node" tools/scene/dataset.ts --out "$scenes" --from "$1" --to "$2" --pictures "$3" --views "$4"
  touch "$scenes/labels-$1.done"
}
render 0 90 30 any & render 90 180 30 any & wait
render 1000 1030 34 pole & render 1030 1060 34 pole & wait

# small pictures first: they teach the same at little more than half the time
train() {
  "$venv" tools/train/train.py --scenes "$scenes" "${real[@]}" --out .cache/street/sightline-street.onnx \
    --checkpoint .cache/street/street.pt "$@"
}
train --minutes 75 --until 0.5 --width 384 --height 224
train --minutes 75 --resume
echo "trained: .cache/street/sightline-street.onnx; copy it into models/ and its sha256 into models/manifest.json"
