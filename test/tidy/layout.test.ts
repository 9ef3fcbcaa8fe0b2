// The laws on the tree: the names of folders and files, how deep and how wide it is, and the papers
// that each package has.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Law, type ListLaw, enforce, enforceOnList } from './law.ts'
import { isCode, isTest, root } from './source.ts'

const BANNED_FOLDERS = ['utils', 'util', 'common', 'helpers', 'types', 'shared', 'lib', 'misc']
const MAX_ROOT_FOLDERS = 7
const MAX_ROOT_FILES = 14
const MAX_DEPTH_BELOW_SRC = 2
const MIN_PACKAGE_FILES = 8

const isVisible = (name: string): boolean => !name.startsWith('.')
const sourcesOf = (name: string, paths: readonly string[]): string[] =>
  paths.filter((path) => path.startsWith(`packages/${name}/src/`) && !isTest(path))

/** An entry that exports nothing yet: the package is still being written. */
const isUnwritten = (text: string): boolean => /^export \{\}\s*$/.test(text)

/** The names of the packages that are written. */
function packagesIn(paths: readonly string[]): string[] {
  return paths
    .flatMap((path) => /^packages\/([^/]+)\/package\.json$/.exec(path)?.[1] ?? [])
    .filter((name) => {
      const entry = join(root, 'packages', name, 'src/index.ts')
      return !existsSync(entry) || !isUnwritten(readFileSync(entry, 'utf8'))
    })
}

/** The source files behind a package's `exports`: what a user imports. */
function isEntry(path: string): boolean {
  const [, folder, file] = /^(packages\/[^/]+)\/(src\/.*)$/.exec(path) ?? []
  if (folder === undefined || file === undefined) return false
  if (folder === 'packages/sample') return true
  return readFileSync(join(root, folder, 'package.json'), 'utf8').includes(`"./${file}"`)
}

enforceOnList([
  {
    claim: 'no folder is a drawer for everything',
    breachesIn: (paths) =>
      paths.flatMap((path) => {
        const folder = path.split('/').find((part) => BANNED_FOLDERS.includes(part))
        return folder === undefined
          ? []
          : [`${path}: ${folder}/ is banned, use a noun of the domain`]
      }),
    bad: ['packages/sdk/src/utils/a.ts'],
    good: ['packages/sdk/src/sign/utils-of-signing.ts'],
  },
  {
    claim: 'files and folders are in kebab-case',
    breachesIn: (paths) =>
      paths
        .filter((path) => isCode(path) && /[A-Z_]/.test(path))
        .map((path) => `${path}: capitals and _ are banned, use kebab-case`),
    bad: ['packages/sdk/src/batchSigner.ts'],
    good: ['packages/sdk/src/batch-signer.test.ts', 'README.md'],
  },
  {
    claim: `a source lies at most ${MAX_DEPTH_BELOW_SRC} folders below src`,
    breachesIn: (paths) =>
      paths
        .filter((path) => {
          const below = /^packages\/[^/]+\/src\/(.*)$/.exec(path)?.[1] ?? ''
          return below.split('/').length > MAX_DEPTH_BELOW_SRC + 1
        })
        .map((path) => `${path}: a deeper folder is banned, use ${MAX_DEPTH_BELOW_SRC} levels`),
    bad: ['packages/sdk/src/a/b/c/d.ts'],
    good: ['packages/sdk/src/a/b/c.ts'],
  },
  {
    claim: `the root shows at most ${MAX_ROOT_FOLDERS} folders and ${MAX_ROOT_FILES} files`,
    breachesIn: (paths) => {
      const nested = paths.filter((path) => path.includes('/')).map((path) => path.split('/')[0]!)
      const folders = [...new Set(nested)].filter(isVisible)
      const files = paths.filter((path) => !path.includes('/')).filter(isVisible)
      const rule = `is banned, use ${MAX_ROOT_FOLDERS} folders and ${MAX_ROOT_FILES} files at most`
      const isFull = folders.length > MAX_ROOT_FOLDERS || files.length > MAX_ROOT_FILES
      return isFull ? [`.: a root of ${folders.length} folders, ${files.length} files ${rule}`] : []
    },
    bad: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((folder) => `${folder}/a.ts`),
    good: ['.ci/run', 'a/b.ts', 'README.md'],
  },
  {
    claim: 'a package has a README',
    breachesIn: (paths) =>
      packagesIn(paths)
        .filter((name) => !paths.includes(`packages/${name}/README.md`))
        .map((name) => `packages/${name}: no README is banned, use README.md: what, why, example`),
    bad: ['package.json', 'src/a.ts', 'src/b.ts', 'src/c.ts'].map((file) => `packages/new/${file}`),
    good: ['package.json', 'README.md', 'src/a.ts'].map((file) => `packages/new/${file}`),
  },
  {
    claim: `a package has at least ${MIN_PACKAGE_FILES} source files`,
    breachesIn: (paths) =>
      packagesIn(paths)
        .filter((name) => sourcesOf(name, paths).length < MIN_PACKAGE_FILES)
        .map((name) => `packages/${name}: so small a package is banned, use a folder of another`),
    bad: ['package.json', 'src/a.ts', 'src/b.ts', 'src/c.ts'].map((file) => `packages/new/${file}`),
    good: ['package.json', ...'abcdefgh'.split('').map((name) => `src/${name}.ts`)].map(
      (file) => `packages/new/${file}`,
    ),
  },
] satisfies ListLaw[])

enforce([
  {
    claim: 'a public entry starts with a comment that says what it is',
    holdsFor: isEntry,
    breachesIn: ({ text }) => {
      const rule =
        'an entry without a first comment is banned, use one: what, which spec, which test'
      return isUnwritten(text) || /^\s*\/[*/]/.test(text) ? [] : [{ line: 1, rule }]
    },
    bad: [['packages/sample/src/index.ts', "export { a } from './a.ts'\n"]],
    good: [
      ['packages/sample/src/index.ts', "/** What it is. */\nexport { a } from './a.ts'\n"],
      ['packages/sample/src/index.ts', 'export {}\n'],
    ],
  },
] satisfies Law[])
