// Where the ledger lies, and what a new one is called.
import { z } from 'zod'
import { path } from './values.ts'

export const data: z.ZodOptional<z.ZodString> = path.optional().meta({
  description: 'data folder; default: the state folder',
  flag: '--data',
  isPath: true,
})

export const origin: z.ZodOptional<z.ZodString> = z
  .string({ error: 'an origin is text' })
  .min(1, { error: 'an origin is not empty' })
  .optional()
  .meta({
    description: "a new log's name; default: localhost/grantlog-<random>",
    flag: '--origin',
  })

export const policy: z.ZodOptional<z.ZodString> = path.optional().meta({
  description: 'the policy, YAML or JSON; default: keys/policy.yaml or policy.json, if it is there',
  flag: '--policy',
  isPath: true,
})
