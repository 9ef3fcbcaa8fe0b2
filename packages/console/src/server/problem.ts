// Errors as answers: RFC 9457 problem details, with a stable code and what to do.
import { LedgerError, ledgerFixes } from '@grantlog/ledger'
import { QueryError, type QueryErrorCode, QuerySyntaxError } from '@grantlog/query'
import { HTTPException } from 'hono/http-exception'
import type { Problem } from '../api/problem.ts'
import { CONSOLE_CODES, type ConsoleCode, ConsoleError } from './codes.ts'

/** What is told of an error; of one that nobody foresaw only that it happened. */
export function problemOf(error: unknown): Problem {
  if (error instanceof QuerySyntaxError) {
    const { at, code, fix, length, message: title } = error
    return { code, title, status: 400, fix, at, length, suggestions: [...error.suggestions] }
  }
  if (error instanceof QueryError) {
    const { code, fix, message: title } = error
    return { code, title, status: statusOf(code), fix }
  }
  if (error instanceof ConsoleError) return ownProblem(error.code, error.message)
  if (error instanceof LedgerError) {
    const status = error.code === 'LEDGER_NOT_FOUND' ? 404 : 500
    return { code: error.code, title: error.message, status, fix: ledgerFixes[error.code] }
  }
  // What Hono itself refuses is a body that is no JSON.
  if (error instanceof HTTPException && error.status === 400) {
    return ownProblem('CONSOLE_PARAMETER_INVALID', 'the body is no JSON')
  }
  return ownProblem('CONSOLE_INTERNAL', '')
}

/** Of errors that are no mistake of a query. */
function statusOf(code: QueryErrorCode): number {
  if (code === 'LINEAGE_NOT_FOUND') return 404
  return code === 'EXPORT_KEY_MISSING' ? 409 : 500
}

function ownProblem(code: ConsoleCode, detail: string): Problem {
  const { fix, status, title } = CONSOLE_CODES[code]
  return { code, title, status, fix, ...(detail === '' ? {} : { detail }) }
}

/** Whether it should be looked into, rather than told to whoever asked. */
export function isUnforeseen(error: unknown): boolean {
  return problemOf(error).status >= 500
}
