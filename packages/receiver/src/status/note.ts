/** Where a watch keeps what it said last; both resolve when it is done. Errors: the system's. */
export interface Note {
  read(): Promise<string | undefined>
  write(text: string): Promise<void>
}
