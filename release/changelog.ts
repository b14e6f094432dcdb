/** The text under the heading of a version, which a date may follow. Empty if there is none. */
export function getNotes(changelog: string, version: string): string {
  const section = changelog.split(/^## /m).find((text) => text.split(/\s/, 1)[0] === version)
  return section?.replace(/^.*\n/, '').trim() ?? ''
}

/**
 * Moves what is under *Unreleased* under a new version.
 * @param placeholder for that version if nothing is under *Unreleased*
 * @throws Error if nothing is there, and no placeholder is given
 */
export function dateUnreleased(changelog: string, version: string, date: string, placeholder = ''): string {
  const notes = getNotes(changelog, 'Unreleased') || placeholder
  if (!notes) throw new Error('CHANGELOG.md has nothing under "Unreleased"')
  const [head, ...sections] = changelog.split(/^(?=## )/m)
  const older = sections.filter((section) => !/^## Unreleased\s/.test(section))
  return [
    head,
    '## Unreleased\n\n',
    `## ${version} - ${date}\n\n${notes}\n${older.length > 0 ? '\n' : ''}`,
    ...older,
  ].join('')
}
