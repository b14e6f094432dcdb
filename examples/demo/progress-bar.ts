/** A bar that fills up as work is done. */
export interface ProgressBar {
  advance(by: number): void
  /** Takes the bar off the screen. */
  end(): void
}

const WIDTH = 30

/** Draws a bar, one line that is written over as it grows; draws nothing where nobody looks. */
export function progressBar(total: number, unit: string, screen: NodeJS.WriteStream): ProgressBar {
  let done = 0
  let drawn = ''
  const draw = () => {
    const filled = total === 0 ? WIDTH : Math.floor((done / total) * WIDTH)
    const percent = total === 0 ? 100 : Math.floor((done / total) * 100)
    const line = `[${'█'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${String(percent).padStart(3)} % of ${total} ${unit}`
    if (!screen.isTTY || line === drawn) return
    screen.write(`\r${line}`)
    drawn = line
  }
  draw()
  return {
    advance(by) {
      done += by
      draw()
    },
    end() {
      if (drawn) screen.write('\r\u001b[K')
    },
  }
}
