// The square of inputs, coloured smoothly by what a network predicts there.

const LOW_COLOUR = [68, 119, 170];
const HIGH_COLOUR = [238, 119, 51];
const sheet = document.createElement("canvas"); // a pixel a point of the grid

/**
 * Colour a square by predictions(n), n = j side + i, of a grid whose first row lies below; a line where they are 1/2.
 * Gives back the share of the square that is class 1.
 */
export function drawField(pen, left, top, extent, side, predictions) {
  sheet.width = sheet.height = side;
  const small = sheet.getContext("2d");
  const image = small.createImageData(side, side);
  let ones = 0;
  for (let n = 0; n < side * side; n++) {
    const prediction = predictions(n);
    const row = side - 1 - Math.floor(n / side); // pictures have their first row above
    const pixel = 4 * (row * side + (n % side));
    const colour = prediction > 0.5 ? HIGH_COLOUR : LOW_COLOUR;
    const strength = 0.2 + 0.65 * Math.min(1, 2 * Math.abs(prediction - 0.5)) || 0.2;
    image.data.set([...colour, 255 * strength], pixel);
    ones += prediction > 0.5;
  }
  small.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(sheet, left, top, extent, extent);
  drawContour(pen, left, top, extent, side, predictions);
  return ones / side ** 2;
}

/** The line where a prediction is 1/2, through every square of four neighbours (marching squares). */
function drawContour(pen, left, top, extent, side, predictions) {
  const cell = extent / side;
  const x = (i) => left + (i + 0.5) * cell;
  const y = (j) => top + extent - (j + 0.5) * cell;
  const above = (i, j) => predictions(j * side + i) - 0.5;
  pen.beginPath();
  for (let j = 0; j + 1 < side; j++) {
    for (let i = 0; i + 1 < side; i++) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const crossings = crossingsOf(corners, above);
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        pen.moveTo(x(crossings[k][0]), y(crossings[k][1]));
        pen.lineTo(x(crossings[k + 1][0]), y(crossings[k + 1][1]));
      }
    }
  }
  pen.strokeStyle = pen.ink;
  pen.lineWidth = 2;
  pen.stroke();
}

/** Where the sides of a square are crossed, found by a straight line between their ends. */
function crossingsOf(corners, above) {
  const crossings = [];
  corners.forEach(([i, j], k) => {
    const [other, beside] = corners[(k + 1) % 4];
    const [a, b] = [above(i, j), above(other, beside)];
    if (a > 0 === b > 0) return;
    const along = a / (a - b);
    crossings.push([i + along * (other - i), j + along * (beside - j)]);
  });
  return crossings;
}
