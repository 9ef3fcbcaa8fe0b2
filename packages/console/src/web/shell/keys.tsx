// The keys that work everywhere: to the query, to the pages, along the rows of tables.
import { type ReactNode, useEffect } from 'react'
import { useLocation } from 'wouter'
import { Dialog } from '../parts/dialog.tsx'
import { places } from './places.tsx'

interface KeysProps {
  readonly isHelpOpen: boolean
  readonly onHelp: (isOpen: boolean) => void
}

const shortcuts: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'To the query'],
  ...places.map(({ key, title }) => [`g ${key}`, title] as const),
  ['j, ↓', 'Next row'],
  ['k, ↑', 'Row before'],
  ['Enter', 'Open the row'],
  ['l', 'Live tail on or off (Records)'],
  ['f', 'Add a filter (Records)'],
  ['p, n', 'Record before, next record (Record)'],
  ['+, -, 0', 'Larger, smaller, all of it (Lineage)'],
  ['Esc', 'Close, or leave the query'],
  ['?', 'This list'],
]

/** How long `g` waits for its second key. */
const SECOND_KEY_MS = 1_200

export function Keys({ isHelpOpen, onHelp }: KeysProps): ReactNode {
  const [, go] = useLocation()
  useEffect(() => {
    let goingUntil = 0
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
      const isGoing = event.timeStamp < goingUntil
      goingUntil = event.key === 'g' && !isGoing ? event.timeStamp + SECOND_KEY_MS : 0
      const place = isGoing ? places.find(({ key }) => key === event.key) : undefined
      const isDone = place === undefined ? pressed(event, onHelp) : (go(place.path), true)
      if (isDone) event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [go, onHelp])
  return (
    <Dialog title="Keys" isOpen={isHelpOpen} onClose={() => onHelp(false)}>
      <dl className="keys">
        {shortcuts.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(/,? /).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}

function isTyping({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.closest('[role=dialog], [role=listbox], [role=menu]') !== null) return true
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

/** Whether the key meant something. Pages mark what a key reaches with `data-key`. */
function pressed({ key }: KeyboardEvent, onHelp: (isOpen: boolean) => void): boolean {
  switch (key) {
    case '?':
      onHelp(true)
      return true
    case 'j':
    case 'ArrowDown':
      return moveRow(1, key === 'j')
    case 'k':
    case 'ArrowUp':
      return moveRow(-1, key === 'k')
    default:
      return reachMarked(key)
  }
}

/** The arrows scroll unless a row has the focus. */
function moveRow(by: 1 | -1, isAlways: boolean): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('#main [data-row]')]
  const at = rows.findIndex((row) => row === document.activeElement)
  if (rows.length === 0 || (at === -1 && !isAlways)) return false
  const next = rows[at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]
  next?.focus({ preventScroll: true })
  next?.closest('tr, li')?.scrollIntoView({ block: 'nearest' })
  return true
}

function reachMarked(key: string): boolean {
  if (!/^[a-z/]$/.test(key)) return false
  const marked = document.querySelector<HTMLElement>(`[data-key="${key}"]`)
  if (marked === null) return false
  if (marked instanceof HTMLInputElement) marked.focus()
  else marked.click()
  return true
}
