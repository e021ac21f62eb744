#!/usr/bin/env python3
"""Compares `plimsoll links` with labels made by hand.

    python3 tests/links/evaluate.py REPOSITORIES [--plimsoll BINARY] [--show]

REPOSITORIES is a folder with one checkout per labels file, called as the file is
(OWNER+NAME), with its `.git`: what git tracks counts though a `.gitignore` names it. A label and a link are the same if they agree in kind, both ends and both files;
which stage of a Dockerfile is meant is not compared. Where a label says EITHER, one of the links
from that object is enough. Links of the kind `built-as` are not labelled: they name images.
"""
import argparse
import json
import os
import subprocess
import sys


def key(kind, source, target):
    # A stage is known by its Dockerfile.
    name = 'stage' if kind in ('builds', 'runs') else target[1]
    return (kind, source[1], source[0], name, target[0])


def labels(path):
    found = {}
    for label in json.load(open(path)):
        ends = [(label[end]['file'], label[end]['name']) for end in ('from', 'to')]
        found[key(label['kind'], *ends)] = label['why']
    return found


def links(binary, folder):
    run = subprocess.run([binary, 'links', '--format', 'json', '.'], cwd=folder,
                         capture_output=True, text=True, check=True)
    document = json.loads(run.stdout)
    things = {thing['id']: (thing['file'], thing['label']) for thing in document['things']}
    found = {}
    for link in document['links']:
        if link['kind'] != 'built-as':
            ends = [things[link[end]] for end in ('from', 'to')]
            # The labels were made of what is written; what charts render has none.
            if any('/templates/' in f'/{end[0]}' for end in ends):
                continue
            found[key(link['kind'], *ends)] = link['evidence']
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('repositories')
    parser.add_argument('--plimsoll', default='target/release/plimsoll')
    parser.add_argument('--show', action='store_true', help='show what differs')
    args = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    binary = os.path.abspath(args.plimsoll)
    total = [0, 0, 0, 0]
    print(f'{"repository":44} {"labels":>6} {"hit":>5} {"links":>6} {"wrong":>6}')
    for name in sorted(os.listdir(here)):
        if not name.endswith('.json'):
            continue
        folder = os.path.join(args.repositories, name[:-5])
        if not os.path.isdir(folder):
            print(f'{name[:-5]:44} no checkout')
            continue
        wanted, found = labels(os.path.join(here, name)), links(binary, folder)

        def met(label):
            either = 'EITHER' in wanted[label]
            return label in found or either and any(
                other in found for other in wanted if other[:3] == label[:3])

        # An alternative that is not taken is neither a miss nor a hit.
        missed = [label for label in wanted if not met(label)]
        hit = [label for label in wanted if label in found]
        wrong = [link for link in found if link not in wanted]
        row = [len(hit) + len(missed), len(hit), len(found), len(wrong)]
        total = [a + b for a, b in zip(total, row)]
        print(f'{name[:-5]:44} {row[0]:6} {row[1]:5} {row[2]:6} {row[3]:6}')
        if args.show:
            for label in sorted(missed):
                print('   missed', label, wanted[label])
            for link in sorted(wrong, key=str):
                print('   wrong ', link, found[link])
    if not total[0]:
        sys.exit('no checkout of any labelled repository')
    print(f'{"together":44} {total[0]:6} {total[1]:5} {total[2]:6} {total[3]:6}')
    print(f'recall {100 * total[1] / total[0]:.1f} %, precision {100 - 100 * total[3] / total[2]:.1f} %')


main()
