"use strict";
for (const plot of document.querySelectorAll(".plot")) {
  const figure = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
  Plotly.newPlot(plot, figure.data, figure.layout, {
    responsive: true,
    displaylogo: false,
    modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
  });
}
// Paper is narrower than most windows, and a plot does not shrink by itself.
const paper = 700;
addEventListener("beforeprint", () => {
  for (const plot of document.querySelectorAll(".plot")) Plotly.relayout(plot, { width: paper });
});
addEventListener("afterprint", () => {
  for (const plot of document.querySelectorAll(".plot")) Plotly.relayout(plot, { width: null, autosize: true });
});
