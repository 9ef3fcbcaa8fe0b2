// The drivers that there are: files of the folder above that export one.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Driver } from '../driver.ts'

const folder = join(import.meta.dirname, '..')

/** Paths of the files that export a driver, sorted by name. */
export function driverFiles(): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  const paths = names.map((name) => join(folder, name)).sort()
  return paths.filter((path) => readFileSync(path, 'utf8').includes('export const driver'))
}

/** The driver in a file. */
export async function loadDriver(path: string): Promise<Driver> {
  const { driver } = (await import(pathToFileURL(path).href)) as { readonly driver: Driver }
  return driver
}
