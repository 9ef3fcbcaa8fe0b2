// Kinds of values that settings have. Messages say what is right; the value itself is never shown,
// for it may be a secret in the wrong place.
import { z } from 'zod'

/** What a setting says of itself: to the table of README.md, to editors, to `config print`. */
export interface About {
  readonly description: string
  /** The flag that sets it, too. */
  readonly flag?: string
  /** The variable that sets it, too, where it is not the one that its path gives. */
  readonly env?: string
  /** A path: a relative one is looked for from the folder of the file. */
  readonly isPath?: boolean
}

/** The settings of a section; a section that is left out has its defaults. */
export function section<S extends z.ZodRawShape>(
  description: string,
  shape: S,
): z.ZodPrefault<z.ZodObject<S, z.core.$strict>> {
  const object = z.strictObject(shape)
  return object.prefault({} as z.input<typeof object>).meta({ description })
}

/** A TCP port; 0 takes any free one. */
export const port: z.ZodInt = z
  .int({ error: 'a port is a whole number' })
  .min(0, { error: 'a port is 0 to 65535' })
  .max(65_535, { error: 'a port is 0 to 65535' })

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `30s`, `15m`, `2h`, `1d`, in milliseconds. */
export const duration: z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> = z
  .string({ error: 'a time is text: 30s, 15m, 2h or 1d' })
  .regex(/^[1-9][0-9]{0,5}[smhd]$/, { error: 'a time is 30s, 15m, 2h or 1d' })
  .transform((text) => Number(text.slice(0, -1)) * units[text.at(-1) as keyof typeof units])

/** A path of a file or folder. */
export const path: z.ZodString = z
  .string({ error: 'a path is text' })
  .min(1, { error: 'a path is not empty' })
  .meta({ isPath: true })

/** A name that can stand in a table and in a file's name. */
export const name: z.ZodString = z
  .string({ error: 'a name is text' })
  .regex(/^[\w][\w.@/-]{0,127}$/, {
    error: 'a name is at most 128 letters, digits, and . _ - / @',
  })
