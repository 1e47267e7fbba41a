/** Those of `words` that somebody may have meant who typed `typed`, the likeliest first. */
export function nearest(typed: string, words: readonly string[], most = 4): string[] {
  const rated = words.map((word) => ({ word, distance: editDistance(typed, word) }));
  const likely = rated.filter(({ word, distance }) => distance * 3 <= Math.max(typed.length, word.length));
  return likely
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ word }) => word);
}

/** How many letters have to be put in, left out or replaced to make one of the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...from].entries()) {
    const above = row;
    row = [line + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1));
    }
  }
  return row.at(-1) ?? 0;
}
