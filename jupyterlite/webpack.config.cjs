// The worker and the wasm are files of their own, named by their content so that a browser may keep
// them for ever.
module.exports = {
  optimization: { realContentHash: false },
  module: {
    rules: [/\.worker\.js$/, /\.wasm$/].map(test => ({
      test,
      type: 'asset/resource',
      generator: { filename: '[name].[contenthash][ext]' }
    }))
  }
};
