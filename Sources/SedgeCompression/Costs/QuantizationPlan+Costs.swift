// The plan that a measurement of costs suggests.

import SedgeQuantization
public import SedgeVerification

extension QuantizationPlan {
  /// The formats of a suggested plan, for ``QuantizationPlan/json`` or the options of a conversion.
  public init(_ plan: ResultCosts.Plan) {
    self.init(
      tensors: plan.forms.compactMap { item in
        TensorFormat(item.form).map { Entry(name: item.name, form: $0) }
      })
  }
}
