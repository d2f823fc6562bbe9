import SedgeArchitecture
import Testing

@Test("The published models have their names")
func names() {
  #expect(Architecture.sedBase.name == "SED-B")
  #expect(Architecture.sedLarge.name == "SED-L")
}
