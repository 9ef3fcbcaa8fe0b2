// Which columns the table has.
import type { ReactNode } from 'react'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { chosenColumns, recordColumns } from './columns.tsx'

interface ColumnsDialogProps {
  readonly names: string
  readonly onNames: (names: string) => void
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function ColumnsDialog({ names, onNames, isOpen, onClose }: ColumnsDialogProps): ReactNode {
  const chosen = names.split(',')
  const toggle = (key: string): void => {
    const next = recordColumns
      .map((column) => column.key)
      .filter((one) => (one === key ? !chosen.includes(one) : chosen.includes(one)))
    onNames(next.join(','))
  }
  return (
    <Dialog title="Columns" isOpen={isOpen} onClose={onClose} kind="sheet">
      <ul className="checks">
        {recordColumns.map(({ key, title, brief }) => (
          <li key={key}>
            <label className="check">
              <input type="checkbox" checked={chosen.includes(key)} onChange={() => toggle(key)} />
              <span>
                {title}
                {brief === undefined ? null : <small>{brief}</small>}
              </span>
            </label>
          </li>
        ))}
      </ul>
      <div className="form-foot">
        <Button
          onPress={() => {
            chosenColumns.write('')
            onNames('')
          }}
        >
          As at first
        </Button>
      </div>
    </Dialog>
  )
}
