/**
 * A law is a claim over the sources that says, for every breach, `file:line: X is banned, use Y`.
 * Each brings a sample that breaks it, because a law that cannot fail is no law.
 */
import { expect, test } from '@jest/globals'
import { type SourceFile, lineAt, listFiles, readSource, sourceOf } from './source.ts'

export interface Breach {
  /** From 1. */
  readonly line: number
  /** What is banned and what to use: `enum is banned, use a union of strings`. */
  readonly rule: string
}

export interface Law {
  /** The name of the test, as a claim. */
  readonly claim: string
  /** The files it holds for, by path. */
  readonly holdsFor: (path: string) => boolean
  readonly breachesIn: (file: SourceFile) => Breach[]
  /** Path and text of a file with exactly one breach. */
  readonly bad: readonly [path: string, text: string][]
  /** Path and text of a file that comes close without a breach. */
  readonly good: readonly [path: string, text: string][]
}

/** A law over the list of files alone. */
export interface ListLaw {
  readonly claim: string
  /** One line per breach, `path: X is banned, use Y`. */
  readonly breachesIn: (paths: readonly string[]) => string[]
  readonly bad: readonly string[]
  readonly good: readonly string[]
}

/** A breach at every match of `pattern` in the code; comments and strings do not count. */
export function ban(pattern: RegExp, rule: string): (file: SourceFile) => Breach[] {
  return ({ mask }) => matches(mask, pattern, rule)
}

/** The same in the whole text, comments and strings included. */
export function banAnywhere(pattern: RegExp, rule: string): (file: SourceFile) => Breach[] {
  return ({ text }) => matches(text, pattern, rule)
}

function matches(text: string, pattern: RegExp, rule: string): Breach[] {
  const found = [...text.matchAll(new RegExp(pattern, 'g'))]
  return found.map((match) => {
    const start = match.index + match[0].search(/\S/)
    return { line: lineAt(text, start), rule }
  })
}

/** Registers two tests for each law: that it holds, and that its samples are told apart. */
export function enforce(laws: readonly Law[]): void {
  const paths = listFiles()
  for (const law of laws) {
    test(law.claim, () => {
      const breaches = paths.filter(law.holdsFor).flatMap((path) => judge(law, readSource(path)))
      expect(breaches).toEqual([])
    })
    test(`the law can fail: ${law.claim}`, () => {
      for (const [path, text] of law.bad) {
        expect(judge(law, sourceOf(path, text))).toHaveLength(1)
      }
      for (const [path, text] of law.good) {
        expect(judge(law, sourceOf(path, text))).toEqual([])
      }
    })
  }
}

/** The same for laws over the list of files. */
export function enforceOnList(laws: readonly ListLaw[]): void {
  const paths = listFiles()
  for (const law of laws) {
    test(law.claim, () => {
      expect(law.breachesIn(paths)).toEqual([])
    })
    test(`the law can fail: ${law.claim}`, () => {
      expect(law.breachesIn(law.bad)).toHaveLength(1)
      expect(law.breachesIn(law.good)).toEqual([])
    })
  }
}

function judge(law: Law, file: SourceFile): string[] {
  if (!law.holdsFor(file.path)) return []
  return law.breachesIn(file).map(({ line, rule }) => `${file.path}:${line}: ${rule}`)
}
