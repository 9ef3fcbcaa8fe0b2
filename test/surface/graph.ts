/**
 * What runs when an entry is imported: the files behind it, across our packages, and the modules
 * that are not ours. Type imports are left out, because they are gone when the code runs.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { importsOf, readSource, root } from '../tidy/source.ts'

export interface Manifest {
  readonly name: string
  readonly exports: Record<string, Record<string, string>>
  readonly bin?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

export interface Package {
  /** `packages/NAME` */
  readonly folder: string
  readonly manifest: Manifest
}

export interface Graph {
  /** The files of ours, by path in the workspace. */
  readonly files: string[]
  /** Every other module, with one `file:line` that imports it. */
  readonly modules: Map<string, string>
}

/** Every package of the workspace, sorted by folder. */
export function listPackages(): Package[] {
  return readdirSync(join(root, 'packages'))
    .toSorted()
    .map((name) => `packages/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => {
      const text = readFileSync(join(root, folder, 'package.json'), 'utf8')
      return { folder, manifest: JSON.parse(text) as Manifest }
    })
}

/** The source file behind `@grantlog/x` or `@grantlog/x/y`; null when it is not ours. */
export function entryOf(specifier: string): string | null {
  for (const { folder, manifest } of listPackages()) {
    if (specifier !== manifest.name && !specifier.startsWith(`${manifest.name}/`)) continue
    const target = manifest.exports[`.${specifier.slice(manifest.name.length)}`]
    if (target === undefined) throw new Error(`${specifier} is not exported`)
    return join(folder, target['@grantlog/source']!)
  }
  return null
}

/** Follows the value imports from an entry, given as `@grantlog/…` or as a path. */
export function graphOf(entry: string): Graph {
  const files = new Set<string>()
  const modules = new Map<string, string>()
  const visit = (path: string): void => {
    if (files.has(path)) return
    files.add(path)
    for (const { specifier, line, isType } of importsOf(readSource(path))) {
      if (isType) continue
      const target = specifier.startsWith('.')
        ? relative(root, join(root, dirname(path), specifier))
        : entryOf(specifier)
      if (target === null) modules.set(specifier, `${path}:${line}`)
      // A worker is named by the file that it is after the build.
      else visit(existsSync(join(root, target)) ? target : target.replace(/\.js$/, '.ts'))
    }
  }
  visit(entryOf(entry) ?? entry)
  return { files: [...files], modules }
}
