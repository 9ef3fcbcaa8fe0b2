// Files of rules: those that ship with this package, and an operator's own.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DetectError } from '../codes.ts'
import type { RuleText } from '../sigma/document.ts'
import { MAX_RULE_BYTES, MAX_RULES } from '../limits.ts'

/** Where the built-in rules are. */
export const builtInRules: string = fileURLToPath(new URL('../../rules', import.meta.url))

/**
 * All `.yml` and `.yaml` files under a folder, in order of their paths, or the one file. `named`
 * says what messages call them: their path below it. Throws DetectError: RULE_UNREADABLE.
 */
export async function readRules(path: string, named: string = path): Promise<RuleText[]> {
  try {
    const files = (await stat(path)).isDirectory() ? await filesIn(path) : [path]
    return await Promise.all(
      files.toSorted().map(async (file) => {
        const name = file === path ? named : join(named, relative(path, file))
        return { name, text: await textOf(file) }
      }),
    )
  } catch (cause) {
    if (cause instanceof DetectError) throw cause
    const { code = '' } = cause as NodeJS.ErrnoException
    throw new DetectError('RULE_UNREADABLE', `${named} (${code})`, { cause })
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  const files = names.filter((name) => /\.ya?ml$/.test(name)).map((name) => join(folder, name))
  if (files.length <= MAX_RULES) return files
  throw new DetectError('RULE_TOO_LARGE', `more than ${MAX_RULES} files in ${folder}`)
}

/** No more than shows that a file is too large. */
async function textOf(file: string): Promise<string> {
  const { size } = await stat(file)
  return size > MAX_RULE_BYTES ? ' '.repeat(MAX_RULE_BYTES + 1) : readFile(file, 'utf8')
}
