// Libraries and middlewares that validate tokens, each a table.
import type { Instrumentation } from '../defined/definition.ts'
import { jsonwebtoken } from './jsonwebtoken.ts'

export const validators: readonly Instrumentation[] = [jsonwebtoken]
