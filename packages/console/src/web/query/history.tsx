// Queries that were run, and views that were saved under a name: kept in this browser.
import { stored } from '../settings/stored.tsx'

const MAX_HISTORY = 20
const MAX_VIEWS = 100

export interface View {
  readonly name: string
  /** All of the address that makes the view: `q=…&columns=…`. */
  readonly search: string
}

export const history = stored('queries', (value): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string').slice(0, MAX_HISTORY) : [],
)

export const views = stored('views', (value): readonly View[] =>
  Array.isArray(value) ? value.filter(isView).slice(0, MAX_VIEWS) : [],
)

function isView(value: unknown): value is View {
  if (typeof value !== 'object' || value === null) return false
  const { name, search } = value as Partial<View>
  return typeof name === 'string' && typeof search === 'string'
}

export function remember(query: string): void {
  if (query.trim() === '') return
  const rest = history.read().filter((one) => one !== query)
  history.write([query, ...rest].slice(0, MAX_HISTORY))
}

export function saveView(view: View): void {
  const rest = views.read().filter(({ name }) => name !== view.name)
  views.write([...rest, view].toSorted((a, b) => a.name.localeCompare(b.name)).slice(0, MAX_VIEWS))
}

export function deleteView(name: string): void {
  views.write(views.read().filter((view) => view.name !== name))
}

export function renameView(name: string, next: string): void {
  const view = views.read().find((one) => one.name === name)
  if (view === undefined || next === '' || next === name) return
  deleteView(name)
  saveView({ ...view, name: next })
}
