/**
 * Removes what echarts adds to an SVG for scripts and pointers, some of which differs between runs, and adds a title for
 * screen readers.
 */
export const plainSvg = (svg: string, name: string): string =>
  svg
    .replaceAll(/<style\b.*?<\/style>\s*/gs, '')
    .replaceAll(/ (?:class|ecmeta_\w+|xml:space|xmlns:xlink|version|baseProfile)="[^"]*"/g, '')
    .replaceAll(/<(\w+)([^<>]*)><\/\1>/g, '<$1$2/>')
    .replace(/<svg\b[^>]*>/, `$&\n<title>${name}</title>`)
    .replace('<svg', '<svg role="img"')
    .trim()
    .concat('\n')
