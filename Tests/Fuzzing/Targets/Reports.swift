// Saved reports, and the pages that are made of them.

import SedgeReport

extension FuzzTarget {
  static let reports = [
    FuzzTarget(
      name: "reports", maximumByteCount: 1 << 16,
      words: utf8(
        "\"report\":\"verify\"", "\"report\":\"inspect\"", "\"report\":\"sweep\"",
        "\"format\":\"sedge evaluation\"",
        "\"version\":1", "\"tensors\":[", "\"layers\":[", "\"local\":", "1e308", "-1e308", "\"nan\"",
        "\"inf\"", "null", "</script>",
        "\"classes\":[", "\"confusion\":[[", "\"models\":[", "\"forms\":[", "\"costs\":{", "\"rejections\":[",
        "\"histogram\":"),
      seeds: {
        utf8(
          """
          {"report":"verify","version":1,"passes":true,"reports":[{"model":"a","reference":"b","passes":true,"thresholds":{"labels":0.9},
          "tensors":[{"name":"clip_model.visual.trunk.stem.0.weight","codec":"f16","limit":0.1,"figures":{"relative_rms_error":0.05}}],
          "layers":[{"name":"clip_model.visual.trunk.stem.0.weight","local":0.1,"accumulated":0.2,"noise":1e-8,"local_over_noise":10}],
          "runs":[{"name":"r","equal_labels":0.9,"equal_labels_within_margin":1,"kept_classes":[1],"taps":[{"name":"t","figures":{"relative_rms_error":1}}]}]}]}
          """,
          """
          {"format":"sedge evaluation","version":1,"data":{"classes":["a","b"],"picture_count":9},"models":[
          {"name":"m","figures":{"miou":0.5},"intervals":{"miou":{"low":0.4,"high":0.6}},"classes":[{"name":"a","iou":0.5,"pixels":4}],
          "confusion":[[4,1,0],[0,3,0],[0,0,0]]}],"differences":[{"model":0,"reference":0,"figures":{"miou":{"difference":0.1}},"labels":{"changed":1,"pixels":8}}],
          "pictures":[{"index":0,"name":"p","models":[{"confusion":[[0,0,4],[0,1,1]]}]}]}
          """,
          """
          {"report":"sweep","version":1,"model":"m","source":{"mean_iou":0.5},"forms":[{"series":"s","name":"int8","stored_bytes":100,"label_change":0.1,
          "label_change_interval":{"low":0.05,"high":0.2},"figures":{"miou":0.5},"differences":{"miou":{"difference":0,"interval":{"low":-1,"high":1}}}}]}
          """,
          """
          {"report":"inspect","version":1,"file":"f","fits":true,"parts":[{"name":"p","bytes":4}],"header":{"options":{"a":"b"},"folds":[{"applied":true}]},
          "tensors":[{"name":"transformer.decoder1.up.weight","shape":[2,3],"type":"f32","bytes":24,"statistics":{"histogram":{"counts":[1,2,3]}}}]}
          """)
      },
      read: { bytes in
        let page = ReportPage(try ReportDocument(json: bytes)).html
        require(page.utf8.count < 20_000_000, "a page is at most 20 MB")
        require(page.matches(of: /<script/).count == 1, "a page has its own script alone")
        require(
          page == ReportPage(try ReportDocument(json: bytes)).html, "a report makes the same bytes again")
      })
  ]
}
