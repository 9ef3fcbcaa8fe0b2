/**
 * The console: an HTTP API over a ledger that is only read, described by OpenAPI, and the page that
 * uses it. See server/server.test.ts and test/browser.
 *
 * @module
 */
export { API_BASE } from './api/paths.ts'
export { CONSOLE_CODES, type ConsoleCode, ConsoleError } from './server/codes.ts'
export { type RunningConsole, startConsole, type StartOptions } from './server/start.ts'
