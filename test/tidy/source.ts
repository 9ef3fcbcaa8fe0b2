/**
 * The sources as the laws see them: every file that git tracks or would track, each with a mask in
 * which comments and the contents of strings are blank, and the modules it imports. No parser: a
 * scanner of comments, strings, templates and regular expressions is enough. Proven by
 * source.test.ts.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root: string = join(import.meta.dirname, '..', '..')

/** A text file. `path` is relative to the workspace, with `/`. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  /** As long as `text`, line by line: comments and the contents of strings are spaces. */
  readonly mask: string
}

/** One import or re-export of a module, of any form. */
export interface ModuleImport {
  readonly specifier: string
  /** From 1. */
  readonly line: number
  /** `import type` and `export type`: gone when the code runs. */
  readonly isType: boolean
}

/** The paths that git tracks or would track, sorted, without those deleted in the work tree. */
export function listFiles(): string[] {
  const flags = ['ls-files', '-z', '-co', '--exclude-standard']
  const { status, stdout, stderr } = spawnSync('git', flags, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`git ls-files: ${stderr}`)
  const paths = stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))
  return paths.toSorted()
}

/** A file of the workspace. */
export function readSource(path: string): SourceFile {
  return sourceOf(path, readFileSync(join(root, path), 'utf8'))
}

/** A file that need not exist: for samples. */
export function sourceOf(path: string, text: string): SourceFile {
  return { path, text, mask: isCode(path) ? maskOf(text) : text }
}

export const isCode = (path: string): boolean => /\.[cm]?[jt]s$/.test(path)
export const isTest = (path: string): boolean => path.endsWith('.test.ts')

/** The line number, from 1, of an offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

const VALUE_MAY_START = /(?<=(?:^|[=(,;:!&|?{}[\n>]|return)\s*)/
const REGULAR_EXPRESSION = /\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/

const TOKENS = new RegExp(
  [
    /\/\/[^\n]*/, // a comment to the end of the line
    /\/\*[\s\S]*?\*\//, // a comment
    /'(?:[^'\\\n]|\\[\s\S])*'/,
    /"(?:[^"\\\n]|\\[\s\S])*"/,
    /`/, // a template, scanned on its own: it nests
    // A regular expression stands where a value may start; elsewhere a slash divides.
    new RegExp(`${VALUE_MAY_START.source}${REGULAR_EXPRESSION.source}`),
  ]
    .map((token) => token.source)
    .join('|'),
  'g',
)

/** Blanks all that is not code. Quotes and backticks stay, so that the shape can still be read. */
export function maskOf(code: string): string {
  const tokens = new RegExp(TOKENS)
  let mask = ''
  let at = 0
  for (let found = tokens.exec(code); found !== null; found = tokens.exec(code)) {
    const [token] = found
    mask += code.slice(at, found.index)
    if (token === '`') {
      const template = maskTemplate(code, found.index)
      mask += template
      at = found.index + template.length
    } else {
      const isString = token.startsWith("'") || token.startsWith('"')
      mask += isString ? token[0] + blank(token.slice(1, -1)) + token[0] : blank(token)
      at = found.index + token.length
    }
    tokens.lastIndex = at
  }
  return mask + code.slice(at)
}

/** The mask of the template that starts at `start`; the code in its `${}` is masked in turn. */
function maskTemplate(code: string, start: number): string {
  let mask = '`'
  let at = start + 1
  while (at < code.length && code[at] !== '`') {
    if (code[at] === '\\') {
      mask += '  '
      at += 2
    } else if (code.startsWith('${', at)) {
      const end = endOfBraces(code, at + 1)
      mask += '${' + maskOf(code.slice(at + 2, end)) + '}'
      at = end + 1
    } else {
      mask += blank(code[at]!)
      at += 1
    }
  }
  return mask + '`'
}

/** The offset of the brace that closes the one at `open`. Braces in strings do not count. */
function endOfBraces(code: string, open: number): number {
  let depth = 0
  for (let at = open; at < code.length; at++) {
    const char = code[at]!
    if (char === '{') depth++
    if (char === '}' && --depth === 0) return at
    if (char === '`') at += maskTemplate(code, at).length - 1
    if (char === "'" || char === '"') {
      const close = code.indexOf(char, at + 1)
      if (close !== -1) at = close
    }
  }
  return code.length
}

const blank = (text: string): string => text.replace(/[^\n]/g, ' ')

const IMPORTS = new RegExp(
  [
    // import x from '…', import '…', export { x } from '…', with or without `type`
    /(?:^|[;\n}])[ \t]*(?<verb>import|export)\b(?<clause>(?:\s+type\b)?[^'"();=]*?)(?<quote>['"])/,
    // import('…'), also as a type, require('…'), their resolve('…'), new URL('./…', …)
    /\b(?<call>import(?:\.meta\.resolve)?|require(?:\.resolve)?|new URL)/,
  ]
    .map((form) => form.source)
    .join('|') + /\s*\(\s*(?<callQuote>['"])/.source,
  'g',
)

/** Every module a file names: static, dynamic, required, re-exported, or loaded by URL. */
export function importsOf({ text, mask }: SourceFile): ModuleImport[] {
  const imports: ModuleImport[] = []
  for (const found of mask.matchAll(IMPORTS)) {
    const { verb, clause, call, quote, callQuote } = found.groups!
    if (verb === 'export' && !/\bfrom\s*$/.test(clause ?? '')) continue
    const start = found.index + found[0].length
    const end = mask.indexOf(quote ?? callQuote!, start)
    const specifier = text.slice(start, end)
    if (call === 'new URL' && !/^\.\.?\/.*\.[cm]?[jt]s$/.test(specifier)) continue
    imports.push({
      specifier,
      line: lineAt(text, start),
      isType: /^\s+type\s+[^,]/.test(clause ?? '') && !/^\s+type\s+from\b/.test(clause ?? ''),
    })
  }
  return imports
}
