// Links of the documents: a file or folder that is linked to is there, and so is the heading.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { listFiles, root } from './source.ts'

/** Inline links, and definitions of those by reference; not those to elsewhere. */
const forms = [/\]\(([^)\s]+)(?: "[^"]*")?\)/g, /^\[[^\]]+\]: (\S+)/gm]
const isElsewhere = (link: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(link)
const code = /^```[\s\S]*?^```|`[^`\n]*`/gm

function linksIn(text: string): string[] {
  const prose = text.replace(code, '')
  return forms.flatMap((form) => [...prose.matchAll(form)].map(([, link]) => link!))
}

/** As GitHub names headings: `## A. "B" & c` is `a-b--c`; the second of a name gets `-1`. */
function headingsIn(text: string): Set<string> {
  const names = new Set<string>()
  for (const [, heading] of text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    let name = slug
    for (let more = 1; names.has(name); more++) name = `${slug}-${more}`
    names.add(name)
  }
  return names
}

/** Links of a document at `path` that lead nowhere. */
function deadIn(path: string, text: string): string[] {
  return linksIn(text)
    .filter((link) => !isElsewhere(link))
    .filter((link) => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), decodeURIComponent(file))
      const place = join(root, target)
      if (!existsSync(place) || target.startsWith('..')) return true
      if (anchor === undefined || statSync(place).isDirectory() || !place.endsWith('.md'))
        return false
      const there = file === '' ? text : readFileSync(place, 'utf8')
      return !headingsIn(there).has(anchor)
    })
    .map((link) => `${path}: ${link}`)
}

test('every link of a document leads somewhere', () => {
  const documents = listFiles().filter((path) => path.endsWith('.md'))
  expect(documents.length).toBeGreaterThan(20)
  const dead = documents.flatMap((path) => deadIn(path, readFileSync(join(root, path), 'utf8')))
  expect(dead).toEqual([])
})

test('dead links are found', () => {
  const text =
    '# A `b` & c\n[x](nowhere.md) [x](#a-b--c) [x](#d) [y](FORMAT.md#nothing)\n`[z](q)`\n'
  expect(deadIn('README.md', text)).toEqual(
    ['nowhere.md', '#d', 'FORMAT.md#nothing'].map((link) => `README.md: ${link}`),
  )
  expect(deadIn('README.md', '[x](https://example.com) [x](packages/sdk) [x](README.md)')).toEqual(
    [],
  )
  expect(deadIn('README.md', '[x](../shared/DESIGN.md)')).toHaveLength(1)
})
