// Over a cell that is pointed at: ask for its value, ask against it, copy it. One set of buttons
// for the whole table, not one for each cell. With the keyboard, a record's own page offers the same.
import { type ReactNode, type RefObject, useEffect, useState } from 'react'
import { Icon } from './icon.tsx'
import { CopyButton } from './value.tsx'
import { visibleText } from './visible.ts'

interface CellActionsProps {
  /** What the table is in; it is positioned. */
  readonly box: RefObject<HTMLElement | null>
  readonly onFilter: (field: string, value: string) => void
  readonly onExclude: (field: string, value: string) => void
}

interface Cell {
  readonly field: string
  readonly value: string
  readonly top: number
  readonly right: number
}

export function CellActions({ box, onFilter, onExclude }: CellActionsProps): ReactNode {
  const [cell, setCell] = usePointedCell(box)
  if (cell === null) return null
  const { field, value, top, right } = cell
  const what = `${field} ${visibleText(value)}`
  const act = (change: (field: string, value: string) => void): void => {
    setCell(null)
    change(field, value)
  }
  return (
    <div className="cell-actions" style={{ top, right }}>
      <button
        type="button"
        className="copy"
        title={`Only ${what}`}
        aria-label={`Only ${what}`}
        onClick={() => act(onFilter)}
      >
        <Icon name="plus" />
      </button>
      <button
        type="button"
        className="copy"
        title={`Without ${what}`}
        aria-label={`Without ${what}`}
        onClick={() => act(onExclude)}
      >
        <Icon name="minus" />
      </button>
      <CopyButton text={value} label={field} />
    </div>
  )
}

function usePointedCell(
  box: RefObject<HTMLElement | null>,
): readonly [Cell | null, (cell: Cell | null) => void] {
  const [cell, setCell] = useState<Cell | null>(null)
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const onOver = (event: PointerEvent): void => {
      if (event.pointerType === 'touch' || !(event.target instanceof Element)) return
      if (event.target.closest('.cell-actions') !== null) return
      const found = event.target.closest<HTMLElement>('td[data-field]')
      setCell(found === null ? null : placeOf(found, element))
    }
    const onLeave = (): void => setCell(null)
    element.addEventListener('pointerover', onOver)
    element.addEventListener('pointerleave', onLeave)
    return () => {
      element.removeEventListener('pointerover', onOver)
      element.removeEventListener('pointerleave', onLeave)
    }
  }, [box])
  return [cell, setCell]
}

function placeOf(cell: HTMLElement, box: HTMLElement): Cell | null {
  const { field = '', value = '' } = cell.dataset
  if (value === '') return null
  const [inner, outer] = [cell.getBoundingClientRect(), box.getBoundingClientRect()]
  const right = Math.max(4, outer.right - inner.right + 4)
  return { field, value, top: inner.top - outer.top + (inner.height - 28) / 2, right }
}
