"""The pictures of quantization: grids over real weights, a model that speaks, outliers, mixes."""
