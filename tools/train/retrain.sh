#!/usr/bin/env bash
# Trains sightline-street from nothing: renders its pictures, then trains on them and, where --real names a folder of
# labelled ones, on those. Some two hours on two cores; what is there already is not made again. See README.md.
#
#     tools/train/retrain.sh [--real DIR]
set -euo pipefail
real=()
case ${1:-} in
  '') ;;
  --real) real=(--real "$(realpath -e "$2")" --real-share 0.12) ;;
  *) echo "usage: tools/train/retrain.sh [--real DIR]" >&2 && exit 1 ;;
esac
cd "$(dirname "$0")/../.."

venv=.cache/venv/bin/python
if [[ ! -e .cache/venv/complete ]]; then
  python3 -m venv .cache/venv
  .cache/venv/bin/pip install --quiet -r tools/train/requirements.txt
  touch .cache/venv/complete
fi

# 180 junctions seen from anywhere, and some seen from poles at their corners, as the demo's cameras are
node=node_modules/.bin/node
scenes=.cache/scenes
render() { # from to pictures views
  [[ -e $scenes/labels-$1.done ]] && return
  "$node" tools/scene/dataset.ts --out "$scenes" --from "$1" --to "$2" --pictures "$3" --views "$4"
  touch "$scenes/labels-$1.done"
}
(render 0 90 30 any && render 1000 1030 34 pole) &
other=$!
render 90 180 30 any
render 1030 1054 34 pole
wait "$other" # with its exit code, unlike "wait" alone

# The last part looks more at what the demo's cameras are like: views from poles twice, half of the others.
near=.cache/scenes-near
mkdir -p "$near"
ln -sfn "$(realpath "$scenes/images")" "$near/images"
cp "$scenes"/labels-{0,1000,1030}.jsonl "$near/"
for from in 1000 1030; do cp "$scenes/labels-$from.jsonl" "$near/labels-$from-again.jsonl"; done

# Small pictures first: they teach the same at little more than half the time. What was interrupted goes on.
checkpoint=.cache/street/street.pt
train() { # scenes, then what else train.py is told
  local resume=()
  if [[ -e $checkpoint ]]; then resume=(--resume); fi
  "$venv" tools/train/train.py --scenes "$1" "${real[@]}" --minutes 84 --out .cache/street/sightline-street.onnx \
    --checkpoint "$checkpoint" "${resume[@]}" "${@:2}"
}
train "$scenes" --until 0.5 --width 384 --height 224
train "$scenes" --until 0.62
train "$near"
echo "trained: .cache/street/sightline-street.onnx; copy it into models/ and its sha256 into models/manifest.json"
